import { changeRun } from '../../run/change-run';
import type { RunRecord } from '../../run/record';
import { step } from '../../run/step';
import type { RunStore } from '../../run/store';
import type { Workload } from '../../run/workload';
import { lanesOf } from '../take-over';

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
  const takeover = { kind: 'takeover', lanes: lanesOf(record, load) } as const;
  const next = () =>
    changeRun(store, record.id, load, (state) =>
      state.generation >= generation ? undefined : step(load, state, [takeover], now()),
    );
  while ((await next()).state.generation < generation);
}
