import type { RunEvent } from '../run/messages';
import { lanesWithGates, type RunState } from '../run/state';
import type { Workload } from '../run/workload';

/** One value of a metric, as it is sent to CloudWatch: under its Prometheus name, with few dimensions. */
export interface Sample {
  readonly name: string;
  readonly unit: 'Seconds' | 'Bytes' | 'Count' | 'None';
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

const sample = (
  name: string,
  unit: Sample['unit'],
  value: number,
  dimensions: Sample['dimensions'] = {},
): Sample => ({ name: `lex_pr_${name}`, unit, dimensions, value });

/** What the events of one commit have to tell. */
export function samplesOf(
  load: Workload,
  strategy: string,
  state: RunState,
  events: readonly RunEvent[],
): Sample[] {
  const active = lanesWithGates(state);
  return [
    sample('active_workers', 'Count', active),
    ...events.flatMap((event): Sample[] => {
      if (event.event !== 'result') return [];
      if (event.kind === 'merge')
        return [sample('merge_execution_seconds', 'Seconds', event.durationMs / 1000, { strategy })];
      if (event.kind !== 'gate') return [];
      const { gate } = load.tasks[event.task]!;
      if (event.cached) return [sample('cache_hits_total', 'Count', 1, { operation: 'gate' })];
      if (event.outcome !== 'pass' && event.outcome !== 'fail' && event.outcome !== 'timeout') return [];
      const seconds = (event.endedAt - event.startedAt) / 1000;
      const dimensions = { gate: gate.name, status: event.outcome };
      return [
        sample('gate_execution_seconds', 'Seconds', seconds, dimensions),
        ...(gate.cache === 'off' ? [] : [sample('cache_misses_total', 'Count', 1, { operation: 'gate' })]),
        ...(event.heapUsedBytes === undefined
          ? []
          : [sample('memory_usage_bytes', 'Bytes', event.heapUsedBytes)]),
        ...(event.rssBytes === undefined ? [] : [sample('memory_rss_bytes', 'Bytes', event.rssBytes)]),
      ];
    }),
  ];
}

/** That a lane has waited, and for how long nothing has happened to its run: the longer, the likelier it is stuck. */
export const sampleOfWait = (ms: number): Sample => sample('idle_seconds', 'Seconds', ms / 1000);

/** What the end of a run has to tell. */
export function samplesOfEnd(end: {
  readonly status: string;
  readonly seconds: number;
  readonly merged: number;
  /** By reason. */
  readonly failed: ReadonlyMap<string, number>;
  readonly order: { readonly cached: boolean; readonly seconds: number };
  readonly costUsd: number;
}): Sample[] {
  const { cached, seconds } = end.order;
  return [
    sample('run_seconds', 'Seconds', end.seconds, { status: end.status }),
    sample('merge_success_total', 'Count', end.merged),
    ...[...end.failed].map(([reason, count]) => sample('merge_failure_total', 'Count', count, { reason })),
    sample('dependency_resolution_seconds', 'Seconds', seconds, { cached: String(cached) }),
    sample(cached ? 'cache_hits_total' : 'cache_misses_total', 'Count', 1, { operation: 'order' }),
    sample('memory_throttle_seconds_total', 'Seconds', 0),
    sample('run_cost_usd', 'None', end.costUsd),
  ];
}
