import type { OrderedPlan } from '../plan/order';
import type { Performance } from '../plan/plan';
import { gateDefinition } from '../run/verification';
import type { Workload } from '../run/workload';
import { criticalPath } from './critical-path';
import type { Forecast, Forecasts } from './forecast';
import { randomFrom } from './random';
import { simulate } from './simulate';

/** How often a run is drawn: enough for a tenth and nine tenths, and fewer where there are very many gates. */
const DRAWS = 25;
const TASKS_DRAWN = 200_000;

/** What a run takes as long as all gates pass at once, none is answered by the cache, and only gates take time. In ms. */
export interface Makespan {
  /** The median of the runs that were drawn, and what one in ten of them is below and above. */
  readonly ms: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Medians over the same runs: no schedule is faster than the longer of the critical path and work ÷ lanes. */
  readonly boundMs: number;
  readonly criticalPathMs: number;
  readonly workMs: number;
}

/**
 * Draws runs: each gate takes what it, or another of its kind, took in one of its last runs, and the gates start in the
 * line in which they will (Monte Carlo simulation of a network: Van Slyke 1963). The makespan of all medians would be too short:
 * of several paths the one that takes longest decides. The same forecasts always give the same answer.
 * @param lanes how many gates run at once, from 1 on
 * @param forecasts by task, as `forecastTasks` gives them
 * @returns undefined where nothing is known of the gates
 */
export function predictMakespan(
  load: Workload,
  lanes: number,
  forecasts: readonly (Forecast | undefined)[],
): Makespan | undefined {
  const tasks = Array.from(
    { length: load.gatesOnly ? load.firstTask.at(-1)! : load.firstProbe },
    (_, task) => task,
  );
  if (tasks.some((task) => forecasts[task] === undefined)) return undefined;
  const random = randomFrom(1);
  const draws = Math.max(1, Math.min(DRAWS, Math.floor(TASKS_DRAWN / Math.max(1, tasks.length))));
  const runs = Array.from({ length: draws }, () => {
    const lengths = new Float64Array(load.tasks.length);
    let work = 0;
    for (const task of tasks) {
      const { window } = forecasts[task]!;
      const ms = window[Math.floor(random() * window.length)]!;
      lengths[task] = ms;
      work += ms;
    }
    const path = criticalPath(load, lengths).reduce((sum, task) => sum + lengths[task]!, 0);
    return { makespan: simulate(load, lanes, lengths), path, work, bound: Math.max(path, work / lanes) };
  });
  const quantile = (q: number, of: (run: (typeof runs)[number]) => number) => {
    const sorted = runs.map(of).sort((a, b) => a - b);
    return sorted[Math.min(draws - 1, Math.floor(q * draws))]!;
  };
  return {
    ms: quantile(0.5, ({ makespan }) => makespan),
    fromMs: quantile(0.1, ({ makespan }) => makespan),
    toMs: quantile(0.9, ({ makespan }) => makespan),
    boundMs: quantile(0.5, ({ bound }) => bound),
    criticalPathMs: quantile(0.5, ({ path }) => path),
    workMs: quantile(0.5, ({ work }) => work),
  };
}

/** What is answered by the cache. */
const ANSWERED: Forecast = { window: [0], from: 'cache' };

/**
 * The forecasts of all tasks. Where the last item stands on all others, the weave has the tree that its gates have seen,
 * and verification by the same gates is answered by the cache.
 */
export function forecastTasks(
  load: Workload,
  { items }: Pick<OrderedPlan, 'items'>,
  { enableCaching }: Pick<Performance, 'enableCaching'>,
  forecasts: Forecasts,
): (Forecast | undefined)[] {
  const seen = new Set<string>();
  if (enableCaching && lastHoldsAll(load.deps))
    for (const { gate } of items.at(-1)!.gates) if (gate.cache === 'tree') seen.add(gateDefinition(gate));
  return load.tasks.slice(0, load.firstProbe).map(({ item, gate }) => {
    if (item >= 0) return forecasts(gate, items[item]!.name);
    return seen.has(gateDefinition(gate)) ? ANSWERED : forecasts(gate, null);
  });
}

function lastHoldsAll(deps: Workload['deps']): boolean {
  const held = new Set<number>();
  const reached = deps.length === 0 ? [] : [deps.length - 1];
  for (let item = reached.pop(); item !== undefined; item = reached.pop()) {
    if (held.has(item)) continue;
    held.add(item);
    for (const dep of deps[item]!) reached.push(dep);
  }
  return held.size > 0 && held.size === deps.length;
}
