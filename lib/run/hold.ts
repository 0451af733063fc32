import { type Frozen, frozenUntil } from '../plan/freeze';
import type { Draft } from './draft';
import type { RunState } from './state';
import type { Workload } from './workload';

/** What keeps a verified weave from landing at a time, and until when; undefined where it may, or there is none. */
export function heldUntil(
  { freeze }: Pick<Workload, 'freeze'>,
  { phase, weave, stopping }: RunState,
  now: number,
): Frozen | undefined {
  // A landing that is on its way, or may be, is looked after; so is one that is to be stopped.
  if (phase !== 'land' || weave.busy || stopping !== undefined || freeze.length === 0) return undefined;
  return frozenUntil(freeze, now);
}

/** Tells once that the landing has to wait, and until when. */
export function noteHold(draft: Draft): void {
  const { load, state, now, events } = draft;
  const held = heldUntil(load, state, now);
  if (held === undefined || held.until === state.weave.held) return;
  state.weave.held = held.until;
  events.push({ event: 'hold', until: held.until, why: held.reason, at: now });
}
