import type { FailedExecution } from './execution-event';
import { log } from './function-log';
import { type GiveUpServices, giveUp } from './give-up';
import { MAX_RECOVERIES } from './recoveries';
import { leaveTarget } from './run-queue';
import type { Starter } from './starter';

export interface ReconcileServices extends GiveUpServices {
  readonly starter: Starter;
}

/**
 * An execution of a run has failed, timed out or was stopped: the run goes on in a new one, or ends as a fault when
 * that has been tried often enough. Nothing happens for an execution that is not the run's newest; one whose run
 * has expired stands in nobody's way.
 * @param why what Step Functions says of it
 */
export async function reconcile(services: ReconcileServices, failed: FailedExecution): Promise<void> {
  const { index, starter } = services;
  const { run, generation, target, why } = failed;
  const submitted = await index.get(run);
  if (submitted === undefined && target !== undefined) await leaveTarget(services, target, run);
  if (submitted === undefined || submitted.generation > generation + 1) {
    log.info('ignored', 'the execution is not the newest of a run', { why });
    return;
  }
  if (submitted.endedAt !== undefined) {
    await leaveTarget(services, submitted.target, run);
    return;
  }
  if (submitted.generation === generation) {
    if (submitted.recoveries >= MAX_RECOVERIES) {
      await giveUp(services, { run, generation }, `the engine failed ${MAX_RECOVERIES + 1} times: ${why}`);
      return;
    }
    if (!(await index.advance(run, generation, true))) return;
  }
  // Also where an earlier call has counted up and died before it could start it.
  await starter.start(submitted, generation + 1);
  log.warn('resumed', 'the run goes on in a new execution', { next: generation + 1, why });
}
