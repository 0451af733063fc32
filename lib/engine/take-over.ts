import { type Changed, changeRun } from '../run/change-run';
import type { RunRecord } from '../run/record';
import { step } from '../run/step';
import type { RunStore } from '../run/store';
import type { Workload } from '../run/workload';

/** More lanes than gates would only stand idle. */
export const lanesOf = (record: Pick<RunRecord, 'lanes'>, load: Workload): number =>
  Math.max(1, Math.min(record.lanes, load.firstProbe));

/**
 * Brings a run to its next generation: what a dead process held goes back, and what lanes of older generations bring counts
 * for nothing. A new run has nothing to give back.
 * @param limit how many of its lanes may be given gates; default: all
 */
export function takeOver(
  store: Pick<RunStore, 'read' | 'commit'>,
  record: RunRecord,
  load: Workload,
  limit?: number,
): Promise<Changed> {
  const lanes = lanesOf(record, load);
  const takeover = { kind: 'takeover', lanes, ...(limit !== undefined && { limit }) } as const;
  return changeRun(store, record.id, load, (state) => step(load, state, [takeover], Date.now()));
}
