import { availableParallelism } from 'node:os';
import { lanesFor } from '../../lib/engine/lanes';
import type { Report } from '../../lib/report/report';
import { inTurn } from './in-turn';
import { createRepository } from './repository';
import { type Bench, median, type Pairs, type Row, ratio, shown } from './row';
import { createPlace, makespan, type Place, type PlanBody } from './run-plan';

const LIMIT = 1.1;
/** A number that takes so much longer than the fastest needs no second look; from `hopeless` on nor do those below it. */
const SLOWER = { notable: 1.25, hopeless: 1.7 } as const;
/** Of the fixed numbers that were tried once, at most so many are measured: the fastest. */
const MEASURED = 2;
/** After so many turns it is enough where the ratios of all of them are so near each other. */
const ENOUGH = { turns: 3, spread: 0.05 } as const;

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
  about: `\`maxWorkers: auto\` on ${availableParallelism()} cores, from the first start of a gate to the last end, against the best of fixed numbers (${fixedNumbers().join(', ')}; from the largest on each is tried once with a half of the gates, the ${MEASURED} fastest measured in turn). ${ENOUGH.turns} turns where their ratios differ by ${100 * ENOUGH.spread} % at most, else all.`,
  async measure(runs, note) {
    const repository = createRepository(10, [{ name: 'change', file: 'change' }]);
    const place = createPlace(cli, repository);
    const rows: Row[] = [];
    for (const kind of KINDS) {
      note(kind.name);
      rows.push(...(await measureKind(place, kind, runs)));
    }
    return rows;
  },
});

async function measureKind(place: Place, kind: Kind, runs: number): Promise<Row[]> {
  const run = async (maxWorkers: number | 'auto') => (await place.run(planOf(kind, maxWorkers))).report;
  const fixed = await fastestNumbers(place, kind);
  const sides = {
    auto: () => run('auto'),
    fixed: async () => {
      const figures = [];
      for (const number of fixed) figures.push(makespan(await run(number)));
      return figures;
    },
  };
  const measure = (turns: number) => inTurn(turns, sides, { warmUp: false });
  const turns = await measure(Math.min(runs, ENOUGH.turns));
  if (spreadOf(compared(turns, fixed)) > ENOUGH.spread) {
    const more = await measure(runs - turns.auto.length);
    turns.auto.push(...more.auto);
    turns.fixed.push(...more.fixed);
  }
  const means = turns.auto.map(({ workers }) => workers!.mean);
  return [
    ratio(kind.name, compared(turns, fixed), LIMIT),
    shown(`${kind.name}: workers on the average`, 'workers', means),
  ];
}

/** Of the fixed numbers those that come into question: with half of the gates each is tried once, up to a hopeless one. */
async function fastestNumbers(place: Place, kind: Kind): Promise<number[]> {
  const half = { ...kind, gates: kind.gates / 2 };
  const tried: { readonly number: number; readonly seconds: number }[] = [];
  const fastest = () => Math.min(...tried.map(({ seconds }) => seconds));
  for (const number of fixedNumbers()) {
    const { report } = await place.run(planOf(half, number));
    tried.push({ number, seconds: makespan(report) });
    if (tried.at(-1)!.seconds > SLOWER.hopeless * fastest()) break;
  }
  return tried
    .filter(({ seconds }) => seconds <= SLOWER.notable * fastest())
    .toSorted((a, b) => a.seconds - b.seconds)
    .slice(0, MEASURED)
    .map(({ number }) => number);
}

interface Measured {
  readonly auto: readonly Report[];
  /** Seconds of each fixed number, one list a turn. */
  readonly fixed: readonly (readonly number[])[];
}

/** Against the fixed number with the least median. */
function compared(turns: Measured, fixed: readonly number[]): Pairs {
  const [best] = fixed
    .map((number, k) => ({ number, figures: turns.fixed.map((figures) => figures[k]!) }))
    .toSorted((a, b) => median(a.figures) - median(b.figures));
  const peer = `maxWorkers: ${best!.number}`;
  return { ours: turns.auto.map(makespan), theirs: best!.figures, unit: 's', peer };
}

function spreadOf({ ours, theirs }: Pairs): number {
  const ratios = ours.map((own, turn) => own / theirs[turn]!);
  return (Math.max(...ratios) - Math.min(...ratios)) / median(ratios);
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
