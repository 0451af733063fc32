import { decodeState, encodeState } from '../../run/codec';
import { ItemStatus } from '../../run/state';
import { stopRun } from '../../run/step';
import { StaleVersionError } from '../../run/store';
import { type ReportServices, reportRun } from './report-run';
import { leaveTarget } from './run-queue';
import type { Starter } from './starter';
import { takeOver } from './take-over';

export interface ReconcileServices extends ReportServices {
  readonly starter: Starter;
  readonly now: () => number;
}

/** So often a run is resumed without being asked to. */
export const MAX_RECOVERIES = 3;

/**
 * An execution of a run has failed, timed out or was stopped: the run goes on in a new one, or ends as a fault when
 * that has been tried often enough. Nothing happens for an execution that is not the run's newest.
 * @param why what Step Functions says of it
 */
export async function reconcile(
  services: ReconcileServices,
  failed: { readonly run: string; readonly generation: number; readonly why: string },
): Promise<void> {
  const { index, starter } = services;
  const { run, generation, why } = failed;
  const submitted = await index.get(run);
  if (submitted === undefined || submitted.generation > generation + 1) return;
  if (submitted.endedAt !== undefined) {
    await leaveTarget(services, submitted.target, run);
    return;
  }
  if (submitted.generation === generation) {
    if (submitted.recoveries >= MAX_RECOVERIES) {
      await giveUp(services, run, generation, why);
      return;
    }
    if (!(await index.advance(run, generation, true))) return;
  }
  // Also where an earlier call has counted up and died before it could start it.
  await starter.start(run, generation + 1);
}

/** Ends a run that cannot be carried on: what is not decided failed, and the next run of the target gets its turn. */
async function giveUp(
  services: ReconcileServices,
  run: string,
  generation: number,
  why: string,
): Promise<void> {
  const { store, index, now } = services;
  const cause = `the engine failed ${MAX_RECOVERIES + 1} times: ${why}`;
  if ((await store.find(run)) === undefined) {
    await index.refuse(run, JSON.stringify([{ code: 'engine-fault', message: cause }]), now());
    await reportRun(services, { run, generation });
    return;
  }
  const { load, record } = await services.loadRun(run);
  await takeOver(services, load, record, generation + 1);
  for (;;) {
    const { state: text, version } = await store.read(run);
    const state = decodeState(load, text);
    if (state.phase === 'done') break;
    const taken = stopRun(load, state, ItemStatus.engineFault, cause, now());
    try {
      await store.commit(run, version, encodeState(taken.state), taken.events);
      break;
    } catch (error) {
      if (!(error instanceof StaleVersionError)) throw error;
    }
  }
  await reportRun(services, { run, generation });
}
