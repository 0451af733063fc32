import type { OrderedPlan } from '../plan/order';
import type { Performance } from '../plan/plan';
import type { Workload } from '../run/workload';
import { criticalPath } from './critical-path';
import type { Forecast, Forecasts } from './forecast';
import { forecastTasks, predictMakespan } from './predict';
import { middle, spread } from './window';

/** What `lex-pr merge-order --predict --json` prints: how long a run of the plan should take, and why. */
export interface Prediction {
  readonly maxWorkers: number;
  /** The median run, if all gates pass and none is answered by the cache; null where nothing is known of the gates. */
  readonly makespanSeconds: number | null;
  /** One run in ten is shorter than the first, one longer than the second. */
  readonly likelySeconds: readonly [number, number] | null;
  /** No schedule is faster: the longer of the critical path and work ÷ workers. */
  readonly boundSeconds: number | null;
  /** Of all gates one after the other. */
  readonly workSeconds: number | null;
  readonly criticalPath: {
    readonly seconds: number | null;
    /** A standard deviation, as if its gates were independent; null where some gate has run once or never. */
    readonly spreadSeconds: number | null;
    readonly gates: readonly PredictedGate[];
  };
  /** Gates that have not run before on their item, and from what they are predicted. */
  readonly withoutHistory: readonly UnknownGate[];
}

export interface UnknownGate {
  /** Null: the woven commit. */
  readonly item: string | null;
  readonly gate: string;
  /** Gates of its name on other items; all gates of the plan; null: nothing is known of any. */
  readonly predictedFrom: 'gate' | 'all' | null;
}

export interface PredictedGate {
  readonly item: string | null;
  readonly gate: string;
  readonly seconds: number | null;
  readonly spreadSeconds: number | null;
}

/** @param lanes how many gates run at once */
export function predictRun(
  load: Workload,
  ordered: OrderedPlan,
  performance: Performance,
  forecasts: Forecasts,
  lanes: number,
): Prediction {
  const tasks = forecastTasks(load, ordered, performance, forecasts);
  const makespan = predictMakespan(load, lanes, tasks);
  const name = (task: number) => {
    const { item, gate } = load.tasks[task]!;
    return { item: item < 0 ? null : ordered.items[item]!.name, gate: gate.name };
  };
  const lengths = tasks.map((forecast) => (forecast === undefined ? 1 : middle(forecast.window)));
  const path = criticalPath(load, lengths).filter((task) => tasks[task]?.from !== 'cache');
  const gates = path.map((task) => ({ ...name(task), ...inSeconds(tasks[task]) }));
  return {
    maxWorkers: lanes,
    makespanSeconds: seconds(makespan?.ms),
    likelySeconds: makespan === undefined ? null : [makespan.fromMs / 1000, makespan.toMs / 1000],
    boundSeconds: seconds(makespan?.boundMs),
    workSeconds: seconds(makespan?.workMs),
    criticalPath: {
      seconds: seconds(makespan?.criticalPathMs),
      spreadSeconds: rootOfSquares(gates.map(({ spreadSeconds }) => spreadSeconds)),
      gates,
    },
    withoutHistory: tasks.flatMap((forecast, task) => {
      const { from = null } = forecast ?? {};
      return from === 'own' || from === 'cache' ? [] : [{ ...name(task), predictedFrom: from }];
    }),
  };
}

const seconds = (ms: number | undefined) => (ms === undefined ? null : ms / 1000);

const inSeconds = (forecast: Forecast | undefined) => ({
  seconds: seconds(forecast && middle(forecast.window)),
  spreadSeconds: seconds(forecast && spread(forecast.window)),
});

/** The spread of a sum of independent parts. */
function rootOfSquares(spreads: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const each of spreads) {
    if (each === null) return null;
    sum += each * each;
  }
  return Math.sqrt(sum);
}
