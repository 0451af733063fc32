import { InputError, refuse } from '../../errors';
import { shellWord } from '../../repository/shell-quote';
import { type KeptPause, type Pauses, type PauseWords, withoutPause, withPause } from '../../run/pauses';
import type { RunIndex } from '../../run/run-index';
import { isLanding } from '../apply-pause';
import { applyPauseInRun } from './apply-pause';
import type { Paused, PauseShown } from './control-protocol';
import { log } from './function-log';
import { inChunks } from './in-chunks';
import { lineOf } from './run-queue';
import { answerLanes, type TurnServices } from './turn';

export interface PausingServices extends TurnServices {
  readonly index: Pick<RunIndex, 'open'>;
  readonly pauses: Pauses;
}

/** A target, or (both null) every one of the stack. */
export interface Place {
  readonly target: string | null;
  readonly repository: string | null;
}

/**
 * From now on nothing lands on a target: the pause is written first, then runs that go on are told. Safe to repeat.
 * @returns also the runs whose landing has begun, for which it is too late
 * @throws InputError when the target is paused by somebody else, or for another reason
 */
export async function pauseTargets(
  services: PausingServices,
  { why, ...place }: Place & { readonly why: string },
): Promise<Paused> {
  const pause = { target: keyOf(place), why, at: services.now() };
  const landing = await changeAndTell(services, pause.target, (pauses) => withPause(pauses, pause, WORDS));
  log.warn('paused', `${nameOf(pause.target)} is paused`, { ...shown(pause.target), why, landing });
  return { ...shown(pause.target), status: 'paused', landing };
}

/** Ends a pause: runs that waited for that land. @throws InputError when there is no such pause */
export async function unpauseTargets(services: PausingServices, place: Place): Promise<Paused> {
  const target = keyOf(place);
  await changeAndTell(services, target, (pauses) => withoutPause(pauses, target, WORDS));
  log.warn('unpaused', `${nameOf(target)} is no longer paused`, { ...shown(target) });
  return { ...shown(target), status: 'unpaused', landing: [] };
}

/** The pauses of the stack, the oldest first. */
export async function listPauses({ pauses }: { readonly pauses: Pick<Pauses, 'read'> }): Promise<{
  readonly pauses: readonly PauseShown[];
}> {
  const all = await pauses.read();
  return {
    pauses: all.map(({ target, why, at }) => ({ ...shown(target), why, since: new Date(at).toISOString() })),
  };
}

/** @throws InputError where one of the two is missing, or as `lineOf` */
function keyOf({ target, repository }: Place): string | null {
  if (target === null && repository === null) return null;
  if (target === null)
    throw refuse(
      'pause-target',
      'a repository without a target',
      'name the target as well, or neither for every target',
    );
  if (repository === null)
    throw refuse(
      'pause-repository',
      `which repository's ${target} is meant is not said`,
      'name the repository by its URL as well',
    );
  return lineOf(repository, target);
}

function shown(key: string | null): Place {
  if (key === null) return { target: null, repository: null };
  const [repository, target] = JSON.parse(key);
  return { target, repository };
}

function nameOf(key: string | null): string {
  const { target, repository } = shown(key);
  return target === null ? 'every target' : `${target} of ${repository}`;
}

const WORDS: PauseWords = {
  nameOf,
  unpause: (key) => {
    const { target, repository } = shown(key);
    const place =
      target === null ? '' : ` --target ${shellWord(target)} --repository ${shellWord(repository!)}`;
    return `lex-pr unpause --engine aws${place}`;
  },
};

/**
 * Changes the pauses, then tells every run that has not ended; also where nothing is to be changed, because whoever has
 * asked before may have died in between. @returns the runs that land now
 */
async function changeAndTell(
  services: PausingServices,
  key: string | null,
  to: (pauses: readonly KeptPause[]) => readonly KeptPause[],
): Promise<string[]> {
  const { index, store, pauses } = services;
  const changed = await pauses.change(to).catch((error: unknown) => {
    if (error instanceof InputError) return error;
    throw error;
  });
  const open = (await index.open()).filter(({ target }) => key === null || target === key);
  const landing = await inChunks(open, async ({ id }) => {
    // One that is not there yet looks at the pauses when it is.
    if ((await store.find(id)) === undefined) return [];
    const run = await services.loadRun(id);
    const state = await applyPauseInRun(services, run);
    await answerLanes(services, id);
    return run.record.execute && isLanding(state) ? [id] : [];
  });
  if (changed instanceof InputError) throw changed;
  return landing.flat();
}
