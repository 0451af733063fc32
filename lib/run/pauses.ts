import { refuse } from '../errors';
import type { Pause } from './state';

/** A pause of all runs that land on a target, or (null) on any. */
export interface KeptPause {
  /** The local engine: a branch. On AWS: the line of a target, as `targetKey` makes it. */
  readonly target: string | null;
  /** By whom, and what for. */
  readonly why: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The pauses of a stack, which stay until they are ended. */
export interface Pauses {
  /** As every change before this call has left them. */
  read(): Promise<readonly KeptPause[]>;
  /**
   * Changes them in one step.
   * @param to pure: called again when somebody else was faster
   * @returns what they are then
   * @throws what `to` throws; nothing is changed then
   */
  change(to: (pauses: readonly KeptPause[]) => readonly KeptPause[]): Promise<readonly KeptPause[]>;
}

/** What holds landings on a target. */
export function pauseOf(pauses: readonly KeptPause[], target: string): Pause | undefined {
  const found =
    pauses.find((pause) => pause.target === target) ?? pauses.find((pause) => pause.target === null);
  return found && { why: found.why };
}

/** How an engine speaks of a target (null: of every one). */
export interface PauseWords {
  readonly nameOf: (target: string | null) => string;
  /** The command that ends its pause. */
  readonly unpause: (target: string | null) => string;
}

/**
 * The pauses with one more; who asks again for the same, because an answer was lost, changes nothing.
 * @throws InputError when the target is paused by somebody else, or for another reason
 */
export function withPause(
  pauses: readonly KeptPause[],
  pause: KeptPause,
  { nameOf, unpause }: PauseWords,
): readonly KeptPause[] {
  const known = pauses.find(({ target }) => target === pause.target);
  if (known === undefined) return [...pauses, pause];
  if (known.why === pause.why) return pauses;
  throw refuse(
    'paused',
    `${nameOf(pause.target)} is paused already, ${known.why}`,
    `end that first: ${unpause(pause.target)}`,
  );
}

/** The pauses without one. @throws InputError when there is no such pause, also where another one holds the target */
export function withoutPause(
  pauses: readonly KeptPause[],
  target: string | null,
  { nameOf, unpause }: PauseWords,
): readonly KeptPause[] {
  const rest = pauses.filter((pause) => pause.target !== target);
  if (rest.length < pauses.length) return rest;
  const known = pauses.map((pause) => `${nameOf(pause.target)} (${unpause(pause.target)})`).join(', ');
  const hint = known === '' ? 'nothing is paused' : `what is paused: ${known}`;
  throw refuse('not-paused', `there is no pause of ${nameOf(target)}`, hint);
}
