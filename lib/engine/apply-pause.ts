import { decodeState, encodeState } from '../run/codec';
import type { RunEvent } from '../run/messages';
import type { RunRecord } from '../run/record';
import type { Pause, RunState } from '../run/state';
import { pauseRun, type Step } from '../run/step';
import { type RunStore, StaleVersionError } from '../run/store';
import type { Workload } from '../run/workload';

export interface ApplyingPause {
  readonly store: Pick<RunStore, 'read' | 'commit'>;
  readonly record: RunRecord;
  readonly load: Workload;
  /** What holds landings on the target of the run as of now. */
  readonly pauseNow: () => Promise<Pause | undefined>;
  /** What else is to happen in the same commit; nothing by default. */
  readonly goOn?: (state: RunState, now: number) => Step;
  /** Told what each commit has made of the run. */
  readonly onCommit?: (state: RunState, events: readonly RunEvent[]) => Promise<void>;
  readonly now: () => number;
}

/**
 * Makes a run that is to land know of the pause of its target, or of its end. Whoever changes the pauses calls this for
 * every run that has not ended, and whoever has made a run for that one, so that none is missed. After a commit the
 * pauses are looked at again: one of them may have been ended by somebody who has seen the run as it was before.
 * @returns the state, which says what the pauses do
 */
export async function applyPause(applying: ApplyingPause): Promise<RunState> {
  const { store, record, load, pauseNow, goOn, onCommit, now } = applying;
  for (;;) {
    const pause = await pauseNow();
    const { version, state: text } = await store.read(record.id);
    const before = decodeState(load, text);
    const isTold = before.paused?.why === pause?.why;
    if (!record.execute || before.phase === 'done' || isTold) return before;
    const at = now();
    const paused = pauseRun(load, before, pause, at);
    const more = goOn?.(paused.state, at);
    const state = more?.state ?? paused.state;
    const events = [...paused.events, ...(more?.events ?? [])];
    try {
      await store.commit(record.id, version, encodeState(state), events);
    } catch (error) {
      // The run went on meanwhile.
      if (!(error instanceof StaleVersionError)) throw error;
      continue;
    }
    await onCommit?.(state, events);
  }
}

/** Whether its landing has begun, so that a pause comes too late for it. */
export const isLanding = ({ phase, weave }: RunState): boolean => phase === 'land' && weave.busy;
