import type { RunEvent } from '../run/messages';
import type { Workload } from '../run/workload';
import type { Metrics } from './lex-pr-metrics';

/** Records what the events of a run say; to be called once for each event. */
export function recordEvents(
  metrics: Metrics,
  load: Workload,
  strategy: string,
  events: readonly RunEvent[],
): void {
  for (const event of events) {
    if (event.event !== 'result') continue;
    if (event.kind === 'merge') metrics.mergeSeconds.observe(event.durationMs / 1000, { strategy });
    if (event.kind !== 'gate' || event.cached) continue;
    if (event.outcome !== 'pass' && event.outcome !== 'fail' && event.outcome !== 'timeout') continue;
    const seconds = (event.endedAt - event.startedAt) / 1000;
    metrics.gateSeconds.observe(seconds, { gate: load.tasks[event.task]!.gate.name, status: event.outcome });
  }
}
