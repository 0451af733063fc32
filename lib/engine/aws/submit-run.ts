import type { RunIndex } from '../../run/run-index';
import type { Submitted } from './control-protocol';
import { log } from './function-log';
import type { Submission } from './request';
import { lineOf } from './run-queue';
import type { Starter } from './starter';

export interface SubmitServices {
  readonly index: RunIndex;
  readonly starter: Starter;
  readonly now: () => number;
}

/** What a run that there is not yet is to be. */
export interface Asked {
  readonly repository: string;
  readonly target: string;
  readonly submission: Submission;
}

/**
 * Starts a run, once, however often it is submitted.
 * @param ask called only where there is no run of this id yet
 * @throws what `ask` throws; nothing is written then
 */
export async function submitRun(
  { index, starter, now }: SubmitServices,
  run: string,
  ask: () => Promise<Asked>,
): Promise<Submitted> {
  const known = await index.get(run);
  if (known === undefined) {
    const { repository, target, submission } = await ask();
    const { execute, gatesOnly } = submission;
    const request = JSON.stringify(submission);
    const row = { id: run, target: lineOf(repository, target), request, submittedAt: now() };
    const created = await index.submit(row);
    await starter.start(row, 1);
    const about = { run, created, target, repository, execute, gatesOnly };
    log.info('submitted', `a run into ${target} is submitted`, about);
    return { run, created };
  }
  // Whoever submitted it may have died before it was started.
  if (known.endedAt === undefined && known.generation === 1) await starter.start(known, 1);
  return { run, created: false };
}
