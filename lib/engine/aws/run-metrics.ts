import type { RunEvent } from '../../run/messages';
import type { Metrics } from '../../telemetry/lex-pr-metrics';
import { recordEvents } from '../../telemetry/record-events';
import { lanesOf } from '../take-over';
import { concurrency } from './concurrency';
import type { RunContext } from './run-context';

/** Hits and misses of the caches of a run, by operation. */
export interface CacheCounts {
  readonly order: { readonly hits: number; readonly misses: number };
  readonly gate: { readonly hits: number; readonly misses: number };
}

/** What a run's caches were asked and knew. */
export function cacheCounts({ load, record, facts }: RunContext, events: readonly RunEvent[]): CacheCounts {
  const gates = gatesOf(events);
  const caching = record.plan.policy.performance.enableCaching;
  const misses = gates.filter(
    ({ task, cached, log }) =>
      caching && !cached && log !== undefined && load.tasks[task]!.gate.cache !== 'off',
  );
  return {
    order: { hits: facts.order.cached ? 1 : 0, misses: facts.order.cached ? 0 : 1 },
    gate: { hits: gates.filter(({ cached }) => cached).length, misses: misses.length },
  };
}

/** Records all that the events of a run amount to; what its end amounts to is another matter. */
export function recordRun(metrics: Metrics, run: RunContext, events: readonly RunEvent[]): void {
  const { record, load, facts } = run;
  recordEvents(metrics, load, record.plan.policy.mergeStrategy, events);
  metrics.resolutionSeconds.observe(facts.order.seconds, { cached: String(facts.order.cached) });
  for (const heap of gatesOf(events).flatMap(({ heapUsedBytes }) => heapUsedBytes ?? []))
    metrics.memoryBytes.set(heap);
  metrics.workerLimit.set(lanesOf(record, load));
  for (const active of concurrency(events)) metrics.activeWorkers.set(active);
  for (const [operation, { hits, misses }] of Object.entries(cacheCounts(run, events))) {
    metrics.cacheHits.add(hits, { operation });
    metrics.cacheMisses.add(misses, { operation });
  }
}

const gatesOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.event === 'result' && event.kind === 'gate' ? [event] : []));
