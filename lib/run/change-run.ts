import { decodeState, encodeState } from './codec';
import type { RunState } from './state';
import type { Step } from './step';
import { type RunStore, StaleVersionError } from './store';
import type { Workload } from './workload';

/** What a change has made of a run, in which version of the store. */
export type Changed = Pick<Step, 'state' | 'events'> & { readonly version: number };

/**
 * Commits a change of a run from outside of its lanes, on whatever the run is by then: it is asked for anew where the run
 * went on meanwhile.
 * @param change what becomes of a state; undefined where nothing is to be changed. What it throws is thrown
 * @returns the state then; no events where nothing was changed
 */
export async function changeRun(
  store: Pick<RunStore, 'read' | 'commit'>,
  run: string,
  load: Workload,
  change: (state: RunState) => Pick<Step, 'state' | 'events'> | undefined,
): Promise<Changed> {
  for (;;) {
    const { version, state: text } = await store.read(run);
    const before = decodeState(load, text);
    const changed = change(before);
    if (changed === undefined) return { state: before, events: [], version };
    const { state, events } = changed;
    try {
      await store.commit(run, version, encodeState(state), events);
      return { state, events, version: version + 1 };
    } catch (error) {
      if (!(error instanceof StaleVersionError)) throw error;
    }
  }
}
