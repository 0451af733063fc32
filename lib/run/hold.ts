import { frozenUntil } from '../plan/freeze';
import type { Draft } from './draft';
import type { Pause, RunState } from './state';
import type { Workload } from './workload';

/** What keeps a verified weave from landing. */
export interface Held {
  /** Milliseconds since the epoch; undefined: until somebody ends the pause. */
  readonly until: number | undefined;
  readonly why: string;
}

/** The same as it is told: `until` as ISO 8601, or null. */
export interface ShownHold {
  readonly why: string;
  readonly until: string | null;
}

export const shownHold = ({ why, until }: Held): ShownHold => ({
  why,
  until: until === undefined ? null : new Date(until).toISOString(),
});

/** What keeps the run from landing at a time; undefined where it may, or has nothing to land. */
export function heldBy(
  { freeze }: Pick<Workload, 'freeze'>,
  { phase, weave, stopping, paused }: RunState,
  now: number,
): Held | undefined {
  // A landing that is on its way, or may be, is looked after; so is one that is to be stopped.
  if (phase !== 'land' || weave.busy || stopping !== undefined) return undefined;
  if (paused !== undefined) return { until: undefined, why: paused.why };
  const frozen = freeze.length === 0 ? undefined : frozenUntil(freeze, now);
  return frozen && { until: frozen.until, why: frozen.reason };
}

/** Tells once that the landing has to wait, what for, and until when. */
export function noteHold(draft: Draft): void {
  const { load, state, now, events } = draft;
  const held = heldBy(load, state, now);
  const told = held && `${held.until ?? ''} ${held.why}`;
  if (held === undefined || told === state.weave.held) return;
  state.weave.held = told;
  events.push({ event: 'hold', until: held.until ?? null, why: held.why, at: now });
}

/** Pauses the run, or (undefined) lets it go on. */
export function setPause(draft: Draft, pause: Pause | undefined): void {
  draft.state.paused = pause;
  draft.state.weave.held = undefined;
  draft.events.push(
    pause === undefined
      ? { event: 'unpause', at: draft.now }
      : { event: 'pause', why: pause.why, at: draft.now },
  );
  noteHold(draft);
}
