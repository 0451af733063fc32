import { availableParallelism } from 'node:os';
import { lanesFor } from '../../lib/engine/lanes';
import { inTurn } from './in-turn';
import { createRepository } from './repository';
import { type Bench, median, type Row, ratio, shown } from './row';
import { createPlace, makespan, type Place, type PlanBody } from './run-plan';

const LIMIT = 1.1;
/** A number that takes so much longer than the fastest needs no second look, nor do those below it. */
const HOPELESS = 1.7;
/** Of the fixed numbers that were tried once, so many are measured: the fastest. */
const MEASURED = 3;

/** Counts, in a shell that has nothing else to do: about half a second of a processor for 300,000. */
const count = (to: number) => `i=0; while [ $i -lt ${to} ]; do i=$((i+1)); done`;

interface Kind {
  readonly name: string;
  readonly run: string;
  readonly gates: number;
}

const KINDS: readonly Kind[] = [
  { name: 'gates that use a processor', run: count(300_000), gates: 16 },
  { name: 'gates that sleep', run: 'sleep 0.5', gates: 256 },
  { name: 'gates that sleep and then use a processor', run: `sleep 0.3; ${count(150_000)}`, gates: 32 },
];

/** The most that `auto` takes, a half of it, a quarter … */
function fixedNumbers(): number[] {
  const numbers = [];
  for (let number = lanesFor('auto').lanes; number >= 1; number = Math.floor(number / 2))
    numbers.push(number);
  return numbers;
}

export const workers = (cli: string): Bench => ({
  name: 'workers',
  about: `\`maxWorkers: auto\` on ${availableParallelism()} cores, from the first start of a gate to the last end, against the best of fixed numbers (${fixedNumbers().join(', ')}; from the largest on each is tried once, the ${MEASURED} fastest measured in turn).`,
  async measure(runs, note) {
    const repository = createRepository(10, [{ name: 'change', file: 'change' }]);
    const place = createPlace(cli, repository);
    try {
      const rows: Row[] = [];
      for (const kind of KINDS) {
        note(kind.name);
        rows.push(...(await measureKind(place, kind, runs)));
      }
      return rows;
    } finally {
      repository.remove();
    }
  },
});

async function measureKind(place: Place, kind: Kind, runs: number): Promise<Row[]> {
  const run = async (maxWorkers: number | 'auto') => (await place.run(planOf(kind, maxWorkers))).report;
  const tried: { readonly number: number; readonly seconds: number }[] = [];
  for (const number of fixedNumbers()) {
    tried.push({ number, seconds: makespan(await run(number)) });
    if (tried.at(-1)!.seconds > HOPELESS * Math.min(...tried.map(({ seconds }) => seconds))) break;
  }
  const fastest = tried.toSorted((a, b) => a.seconds - b.seconds).slice(0, MEASURED);
  const turns = await inTurn(
    runs,
    {
      auto: () => run('auto'),
      fixed: async () => {
        const figures = [];
        for (const { number } of fastest) figures.push(makespan(await run(number)));
        return figures;
      },
    },
    { warmUp: false },
  );
  const [best] = fastest
    .map(({ number }, k) => ({ number, figures: turns.fixed.map((figures) => figures[k]!) }))
    .toSorted((a, b) => median(a.figures) - median(b.figures));
  const ours = turns.auto.map(makespan);
  const peer = `maxWorkers: ${best!.number}`;
  const means = turns.auto.map(({ workers }) => workers!.mean);
  return [
    ratio(kind.name, { ours, theirs: best!.figures, unit: 's', peer }, LIMIT),
    shown(`${kind.name}: workers on the average`, 'workers', means),
  ];
}

/** One item with many gates: all of them see the same tree. */
const planOf = ({ run, gates }: Kind, maxWorkers: number | 'auto'): PlanBody => ({
  policy: { maxWorkers, integration: 'none' },
  items: [
    {
      name: 'change',
      gates: Array.from({ length: gates }, (_, k) => ({ name: `g${k}`, run, cache: 'off' })),
    },
  ],
});
