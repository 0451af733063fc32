import type { Coefficients, Drivers, Rates } from '../../lib/cost/coefficients';
import { driversOf } from '../../lib/cost/model';
import type { Usage } from '../../lib/cost/usage';
import type { Count } from './counts';
import type { Simulated } from './simulate';

/** A run on the emulator. */
export interface Measured {
  readonly usage: Usage;
  readonly counts: ReadonlyMap<string, Count>;
  /** Calls of each function, and how many seconds the fastest took: one in ten was as fast. */
  readonly functions: Readonly<Record<string, { readonly calls: number; readonly seconds: number }>>;
}

/** What kinds of requests go with, if not with runs and items. */
const WITH: Readonly<Record<string, keyof Drivers>> = {
  'table LANE': 'turn',
  'table EVENT': 'commit',
  'table cache': 'task',
  'put jobs': 'gate',
  'put logs': 'gate',
  'put candidates': 'segment',
  'put weave': 'merge',
  'get jobs': 'gate',
  'get base': 'gate',
  'get candidates': 'gate',
  'get weave': 'merge',
  metrics: 'commit',
};

/** Of two runs of different sizes, what goes with what. */
export function ratesFrom(
  runs: readonly [Measured, Measured],
  states: readonly [Simulated, Simulated],
): Omit<Coefficients, 'date' | 'emulator'> {
  const rates = (prefix: string, field: keyof Count) => ratesOf(runs, prefix, field);
  const turns = runs.map(({ counts }) => counts.get('turns')!);
  const drivers = runs.map(({ usage }) => driversOf(usage));
  const laneRows = total(runs, 'turn LANE', 'bytes') + total(runs, 'turn RESULT', 'bytes');
  const reads = turns.reduce((sum, { requests }) => sum + requests, 0);
  const lanes = runs.reduce((sum, { usage }, k) => sum + usage.lanes * turns[k]!.requests, 0);
  const commits = total(runs, 'commit STATE', 'requests');
  const perTurn = reads / drivers.reduce((sum, { turn, merge }) => sum + turn + merge, 0);
  const [small, large] = states;
  const item = (large.stateBytes - small.stateBytes) / (large.usage.items - small.usage.items);
  const bytes = add(rates('table', 'bytes'), { commit: total(runs, 'commit EVENT', 'bytes') / commits });
  return rounded({
    tables: {
      stateBytes: { run: small.stateBytes - item * small.usage.items, item },
      laneBytes: laneRows / lanes,
      turnReads: { turn: perTurn, merge: perTurn },
      eventBytes: total(runs, 'commit EVENT', 'bytes') / commits,
      reads: rates('table', 'reads'),
      writes: rates('table', 'writes'),
      bytes,
    },
    files: {
      puts: add(rates('put', 'requests'), rates('list', 'requests')),
      gets: rates('get', 'requests'),
      bytes: rates('put', 'bytes'),
    },
    metricCalls: rates('metrics', 'requests'),
    seconds: secondsOf(runs),
  });
}

const total = (runs: readonly Measured[], kind: string, field: keyof Count) =>
  runs.reduce((sum, { counts }) => sum + (counts.get(kind)?.[field] ?? 0), 0);

/** Rates of all kinds that begin with a prefix. */
function ratesOf(runs: readonly [Measured, Measured], prefix: string, field: keyof Count): Rates {
  const kinds = new Set(
    runs.flatMap(({ counts }) => [...counts.keys()]).filter((kind) => kind.split(' ')[0] === prefix),
  );
  let sum: Rates = {};
  const rest = runs.map(() => 0);
  for (const kind of kinds) {
    // A pass is asked for before each gate, and kept after those that ran.
    const driver = kind === 'table cache' && field !== 'reads' ? 'gate' : WITH[kind];
    const values = runs.map(({ counts }) => counts.get(kind)?.[field] ?? 0);
    if (driver === undefined) for (const [k, value] of values.entries()) rest[k]! += value;
    else {
      const there = runs.reduce((count, { usage }) => count + driversOf(usage)[driver], 0);
      sum = add(sum, { [driver]: values.reduce((a, b) => a + b, 0) / there });
    }
  }
  return add(sum, line(runs, rest));
}

/** So much a run and so much an item; where a larger run had less, that was chance. */
function line([first, second]: readonly [Measured, Measured], [a = 0, b = 0]: readonly number[]): Rates {
  const item = Math.max(0, (b - a) / (second.usage.items - first.usage.items));
  return { run: Math.max(0, (a + b - item * (first.usage.items + second.usage.items)) / 2), item };
}

function add(a: Rates, b: Rates): Rates {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Drivers>;
  return Object.fromEntries([...names].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

function secondsOf(runs: readonly Measured[]): Record<string, number> {
  const names = new Set(runs.flatMap(({ functions }) => Object.keys(functions)));
  const mean = (name: string) => {
    const known = runs.flatMap(({ functions, usage }) => {
      const gate = name === 'gate' ? usage.gateSeconds / usage.turns.gate : 0;
      return functions[name] === undefined ? [] : [functions[name].seconds - gate];
    });
    return known.reduce((sum, seconds) => sum + seconds, 0) / known.length;
  };
  return Object.fromEntries([...names].sort().map((name) => [name, mean(name)]));
}

/** To three digits, which is more than they are worth; what is nothing is left out. */
function rounded<T>(value: T): T {
  if (typeof value === 'number') return Number(value.toPrecision(3)) as T;
  const entries = Object.entries(value as object).filter(([, part]) => part !== 0);
  return Object.fromEntries(entries.map(([name, part]) => [name, rounded(part)])) as T;
}

/** What was counted of a run, as the model names it. */
export function counted({ counts, functions }: Measured): Readonly<Record<string, number>> {
  const of = (prefix: string, field: keyof Count) =>
    [...counts]
      .filter(([kind]) => kind.split(' ')[0] === prefix)
      .reduce((sum, [, count]) => sum + count[field], 0);
  return {
    'calls of next': functions.next?.calls ?? 0,
    'calls of gate': functions.gate?.calls ?? 0,
    'calls of merge': functions.merge?.calls ?? 0,
    'read units': of('turns', 'reads') + of('table', 'reads'),
    'write units': of('commit', 'writes') + of('table', 'writes'),
    'S3 writes': of('put', 'requests') + of('list', 'requests'),
    'S3 reads': of('get', 'requests'),
    'metric calls': of('metrics', 'requests'),
  };
}
