import { openDurations, readForecasts } from '../engine/durations';
import { lanesFor, predictedLanes } from '../engine/lanes';
import { openCacheOf } from '../engine/open-cache';
import { orderCached } from '../engine/order-cached';
import { refuse } from '../errors';
import type { CacheStore } from '../performance/cache-store';
import { mermaid } from '../plan/mermaid';
import { mergeOrder, type OrderedPlan } from '../plan/order';
import type { Policy } from '../plan/plan';
import { readPlan } from '../plan/read-plan';
import { expectedLengths } from '../prediction/forecast';
import { type Prediction, predictRun } from '../prediction/prediction';
import { createWorkload } from '../run/workload';
import { createMetrics } from '../telemetry/lex-pr-metrics';
import { printable } from '../telemetry/printable';
import type { Io } from './io';
import { writeNotes } from './notes';
import { predictionInWords } from './prediction-text';

export interface MergeOrderOptions {
  readonly json?: boolean;
  readonly format?: 'text' | 'mermaid';
  readonly predict?: boolean;
  readonly maxWorkers?: number | 'auto';
}

/**
 * `lex-pr merge-order`: prints the order in which a plan merges, and how long that should take. The repository of the
 * plan is not touched.
 * @returns the exit code
 * @throws InputError for a plan that is not valid, and for options that do not go together
 */
export async function mergeOrderCommand(
  planPath: string,
  { json, format, predict, maxWorkers }: MergeOrderOptions,
  io: Io,
): Promise<number> {
  const { stdin, stdout, cwd } = io;
  if (maxWorkers !== undefined && !predict)
    throw refuse('max-workers', '--max-workers says on how many workers to predict', 'add --predict');
  const plan = await readPlan(planPath, { stdin, cwd, defaultRepository: cwd });
  const { store, notes, close } = await openCacheOf(cwd);
  try {
    const { ordered, signature, cached } = await orderCached(plan, store, createMetrics());
    const lanes = predictedLanes(lanesFor(maxWorkers ?? plan.policy.maxWorkers));
    const prediction = predict ? await predictPlan(ordered, plan.policy, lanes, store) : undefined;
    writeNotes(notes, json ?? false, io);
    if (json) {
      const document = { signature, cached, ...mergeOrder(ordered), ...(prediction && { prediction }) };
      stdout.write(`${JSON.stringify(document)}\n`);
    } else {
      stdout.write(format === 'mermaid' ? mermaid(ordered) : inWords(ordered));
      if (prediction !== undefined && ordered.items.length > 0) stdout.write(predictionInWords(prediction));
    }
    return 0;
  } finally {
    close();
  }
}

/** The same line, lanes and gates as `lex-pr merge` has. */
async function predictPlan(
  ordered: OrderedPlan,
  policy: Policy,
  lanes: number,
  store: CacheStore,
): Promise<Prediction> {
  const forecasts = await readForecasts(openDurations(policy.performance, store), ordered, policy);
  const run = { execute: true, gatesOnly: false, engine: 'local' } as const;
  const load = createWorkload(ordered, policy, run, expectedLengths(forecasts));
  return predictRun(load, ordered, policy.performance, forecasts, lanes);
}

/** One numbered line an item with what it comes after, then the critical path. */
function inWords({ items, deps, criticalPath }: OrderedPlan): string {
  if (items.length === 0) return 'Nothing to merge: the plan has no items.\n';
  const name = (position: number) => printable(items[position]!.name);
  const width = String(items.length).length;
  const lines = deps.map((before, position) => {
    const after = before.length === 0 ? '' : `  after ${before.map(name).join(', ')}`;
    return `${String(position + 1).padStart(width)}. ${name(position)}${after}`;
  });
  // The critical path has one item of each level.
  const path = criticalPath.map(name).join(' → ');
  return [...lines, '', `Levels: ${criticalPath.length}`, `Critical path: ${path}`, ''].join('\n');
}
