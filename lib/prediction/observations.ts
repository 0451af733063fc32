import type { RunEvent } from '../run/messages';
import type { Workload } from '../run/workload';

/**
 * How long gates took in a run, by task, in milliseconds; of several attempts the last that counts.
 *
 * A pass counts. A time-out counts for the time it was given: the gate needs at least that, and holds its lane as long. A
 * failure says nothing of how long a pass takes, since most gates end with the first thing that is wrong; and what came
 * from the cache did not run. Probes of a weave that fails are of other content.
 */
export function observedTimes(
  { tasks }: Pick<Workload, 'tasks'>,
  events: readonly RunEvent[],
): Map<number, number> {
  const times = new Map<number, number>();
  for (const event of events) {
    if (event.event !== 'result' || event.kind !== 'gate' || event.cached) continue;
    if (event.outcome !== 'pass' && event.outcome !== 'timeout') continue;
    if (tasks[event.task]?.probe === 0) times.set(event.task, event.endedAt - event.startedAt);
  }
  return times;
}
