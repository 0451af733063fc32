import { hasFailedFast } from './fail-fast';
import { mayMatter, type RunState } from './state';
import { overrideOf } from './waived';
import type { Workload } from './workload';

/** Whether the gates of an item (−1: of the weave) are still of use. */
export function stillCounts(load: Workload, state: RunState, item: number): boolean {
  if (state.stopping !== undefined || hasFailedFast({ load, state })) return false;
  return item < 0 || mayMatter(state.items[item]!);
}

/** Whether anybody needs the result of a gate that has been handed out. */
export const isWanted = (load: Workload, state: RunState, task: number): boolean =>
  overrideOf(state, task) === undefined && stillCounts(load, state, load.tasks[task]!.item);
