import { type RunIndex, targetKey } from '../../run/run-index';
import type { TargetQueue } from '../../run/target-queue';
import { log } from './function-log';
import { repositoryUrl } from './repository-url';
import { urgencySchema } from './request';
import type { Tokens } from './tokens';

export interface QueueServices {
  readonly index: RunIndex;
  readonly queue: TargetQueue;
  readonly tokens: Tokens;
}

/**
 * The line of a target: one, however the URL of its repository is written. Hosts take it with and without `.git` and a
 * slash at its end. @throws InputError as `repositoryUrl`
 */
export const lineOf = (repository: string, branch: string): string =>
  targetKey(
    repositoryUrl(repository)
      .replace(/\/+$/, '')
      .replace(/(?<=[^/])\.git$/, ''),
    branch,
  );

/** Puts a run in line for its target; answers its token if it is the first, else somebody who leaves does. */
export async function waitForTarget(
  { index, queue, tokens }: QueueServices,
  call: { readonly run: string; readonly token: string },
): Promise<void> {
  const submitted = await index.get(call.run);
  if (submitted === undefined) throw new Error(`run ${call.run} was not handed in`);
  const { hotfix } = urgencySchema.parse(JSON.parse(submitted.request));
  const isFirst = await queue.enter(submitted.target, call.run, call.token, hotfix);
  // Ended meanwhile: who ended it may have taken it out of the line before it came in.
  const isOver = (await index.get(call.run))?.endedAt !== undefined;
  if (isOver) await leaveTarget({ queue, tokens }, submitted.target, call.run);
  if (isFirst || isOver) await tokens.succeed(call.token, {});
  else await passOver({ index, queue, tokens }, submitted.target);
  if (isFirst) log.info('let-in', 'the run is first in line for its target', { target: submitted.target });
  else log.info('waits', 'the run waits for its target', { target: submitted.target, over: isOver });
}

/** Takes those at the head of the line out of it that are no more: they have expired, or died as they left. */
async function passOver(services: QueueServices, target: string): Promise<void> {
  for (;;) {
    const [first] = await services.queue.list(target);
    const run = first && (await services.index.get(first.run));
    if (first === undefined || (run !== undefined && run.endedAt === undefined)) return;
    await leaveTarget(services, target, first.run);
  }
}

/** Takes a run out of the line, and lets in whoever is first then; again, should that have been lost. */
export async function leaveTarget(
  { queue, tokens }: Pick<QueueServices, 'queue' | 'tokens'>,
  target: string,
  run: string,
): Promise<void> {
  const first = await queue.leave(target, run);
  if (first?.token === undefined) return;
  await tokens.succeed(first.token, {});
  log.info('let-in', `run ${first.run} is let in to the target`, { run: first.run, target, after: run });
}
