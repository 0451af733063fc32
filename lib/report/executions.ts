import { isQuarantined } from '../plan/effective-gates';
import type { GateResult, RunEvent } from '../run/messages';
import type { RunState } from '../run/state';
import { overrideOf } from '../run/waived';
import type { Workload } from '../run/workload';
import { wasTested } from './outcome';
import type { Report } from './report';

/**
 * Every execution of a gate in a run: attempts, verifications of earlier weaves and probes too, as
 * `gate_execution_seconds` counts them.
 */
export function reportExecutions(
  load: Workload,
  state: RunState,
  events: readonly RunEvent[],
): NonNullable<Report['executions']> {
  const results = events.flatMap((event) =>
    event.event === 'result' && event.kind === 'gate' && wasTested(event) ? [event] : [],
  );
  const ran = results.filter(({ cached }) => !cached);
  const runsOf = Map.groupBy(ran, ({ task, round }) =>
    load.tasks[task]!.item < 0 ? `${round}/${task}` : `${task}`,
  );
  const lastFailed = [...runsOf.values()].map((of) => of.at(-1)!).filter(hasFailed);
  const quarantined = lastFailed.filter(({ task }) => isQuarantined(load.tasks[task]!.gate));
  const overridden = lastFailed.filter(({ task }) => overrideOf(state, task) !== undefined);
  const failed = ran.filter(hasFailed).length;
  return {
    ran: ran.length,
    failed,
    triedAgain: failed - lastFailed.length,
    quarantined: quarantined.length,
    overridden: overridden.length,
    cached: results.length - ran.length,
    seconds: ran.reduce((ms, { startedAt, endedAt }) => ms + Math.max(0, endedAt - startedAt), 0) / 1000,
  };
}

const hasFailed = ({ outcome }: GateResult) => outcome === 'fail' || outcome === 'timeout';
