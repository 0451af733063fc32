import type { Coefficients } from '../../lib/cost/coefficients';
import { countersOf } from '../../lib/cost/model';
import type { StackShape } from '../../lib/cost/stack-shape';
import { counted, type Measured, ratesFrom } from './fit';
import { type Emulator, measure, type Size } from './measure';
import { simulate } from './simulate';

/** What lib/cost/coefficients.json holds. */
export interface MeasuredFile {
  readonly coefficients: Coefficients;
  /** A run that the coefficients were not made from: what was counted of it, and what they say. */
  readonly check: {
    readonly size: Size;
    readonly counts: Readonly<Record<string, { readonly counted: number; readonly computed: number }>>;
  };
}

const SMALL = { items: 20, gates: 1, lanes: 4, gateSeconds: 1 };
const LARGE = { items: 60, gates: 1, lanes: 8, gateSeconds: 1 };
const CHECK = { items: 40, gates: 2, lanes: 6, gateSeconds: 1 };

/** Measures two runs, and a third to see whether what they say of it is right. */
export async function measureAnew(emulator: Emulator, note: (text: string) => void): Promise<MeasuredFile> {
  const [small, large, check] = (await measure([SMALL, LARGE, CHECK], emulator, note)) as [
    Measured,
    Measured,
    Measured,
  ];
  const seconds = { next: 0.1, gate: 1, merge: 1 };
  const state = (items: number, lanes: number) =>
    simulate({ items, lanes, gateSeconds: 60, remembered: 0 }, seconds);
  const coefficients: Coefficients = {
    date: new Date().toISOString().slice(0, 10),
    emulator: emulator.name,
    ...ratesFrom([small, large], [state(100, 20), state(10_000, 200)]),
  };
  return { coefficients, check: { size: CHECK, counts: compare(check, coefficients) } };
}

function compare(run: Measured, coefficients: Coefficients): MeasuredFile['check']['counts'] {
  const said = computed(run, coefficients);
  return Object.fromEntries(
    Object.entries(counted(run)).map(([name, count]) => [
      name,
      { counted: Math.round(count), computed: Math.round(said[name]!) },
    ]),
  );
}

/** Sizes of functions say nothing about how often they are called. */
const ANY_STACK: StackShape = { architecture: 'arm64', retentionDays: 30, buildProcessors: 2, functions: {} };

function computed({ usage }: Measured, coefficients: Coefficients): Record<string, number> {
  const counters = countersOf(usage, ANY_STACK, coefficients);
  const { next, gate, merge } = counters.functions;
  return {
    'calls of next': next!.calls,
    'calls of gate': gate!.calls,
    'calls of merge': merge!.calls,
    'read units': counters.readUnits,
    'write units': counters.writeUnits,
    'S3 writes': counters.puts,
    'S3 reads': counters.gets,
    'metric calls': counters.metricCalls,
  };
}
