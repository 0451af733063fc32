import { decodeState, encodeState } from '../../run/codec';
import type { RunRecord } from '../../run/record';
import { step } from '../../run/step';
import { type RunStore, StaleVersionError } from '../../run/store';
import type { Workload } from '../../run/workload';

/**
 * Brings a run to a generation: what lanes of older ones hold goes back, and what they bring counts for nothing.
 * Nothing happens where the run is there already, or further.
 */
export async function takeOver(
  { store, now }: { readonly store: RunStore; readonly now: () => number },
  load: Workload,
  record: RunRecord,
  generation: number,
): Promise<void> {
  const lanes = Math.max(1, Math.min(record.lanes, load.firstProbe));
  for (;;) {
    const { state: text, version } = await store.read(record.id);
    const state = decodeState(load, text);
    if (state.generation >= generation) return;
    const taken = step(load, state, [{ kind: 'takeover', lanes }], now());
    try {
      await store.commit(record.id, version, encodeState(taken.state), taken.events);
    } catch (error) {
      if (!(error instanceof StaleVersionError)) throw error;
    }
  }
}
