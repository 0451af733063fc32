import type { Draft } from './draft';
import { queueTask } from './items';
import { pop } from './ready-queue';
import { ItemStatus, mayMatter, type RunState, TaskStatus } from './state';
import type { Workload } from './workload';

/**
 * Gates of items that wait for others may run ahead of these where the policy says so: a candidate needs only heads.
 * The window of such work grows by one with each item that passes, and halves with each that fails, between one gate
 * and all lanes (additive increase, multiplicative decrease: Chiu and Jain 1989).
 */

/** Queues the gates of all items that wait; called once, at the start of a run, when no others are undecided. */
export function queueAhead(draft: Draft): void {
  const { load, state } = draft;
  if (!load.speculates) return;
  for (let item = 0; item < state.items.length; item++) queueIdle(draft, item);
}

/** Queues the gates of an item that are not decided yet. */
export function queueIdle(draft: Draft, item: number): void {
  const { load, state } = draft;
  for (let task = load.firstTask[item]!; task < load.firstTask[item + 1]!; task++)
    if (state.tasks[task] === TaskStatus.idle) queueTask(draft, task);
}

export function widen({ state }: Draft): void {
  state.window = Math.min(state.lanes.length, state.window + 1);
}

export function narrowWindow({ state }: Draft): void {
  state.window = Math.max(1, Math.floor(state.window / 2));
}

/** How many gates may be started ahead of what they wait for. */
export function roomAhead({ load, state }: Draft): number {
  if (!load.speculates) return 0;
  const running = state.lanes.filter(
    ({ work }) => work?.kind === 'gates' && work.tasks.some(({ task }) => waits(load, state, task)),
  );
  return state.window - running.length;
}

/** The first gate in line of an item that waits, which runs from then on; entries of others are dropped on the way. */
export function takeAhead({ load, state }: Draft): number | undefined {
  for (let rank = pop(state.ahead); rank !== undefined; rank = pop(state.ahead)) {
    const task = load.taskAt[rank]!;
    if (state.tasks[task] !== TaskStatus.ready || !waits(load, state, task)) continue;
    state.tasks[task] = TaskStatus.running;
    return task;
  }
  return undefined;
}

const waits = (load: Workload, state: RunState, task: number) =>
  state.items[load.tasks[task]!.item] === ItemStatus.waiting;

/** Lanes that hold nothing but gates whose results count for nothing any more: they may be stopped at once. */
export function wastedLanes(load: Workload, state: RunState): number[] {
  return state.lanes.flatMap(({ work }, lane) =>
    work?.kind === 'gates' && work.tasks.every(({ task }) => isWasted(load, state, task)) ? [lane] : [],
  );
}

function isWasted(load: Workload, state: RunState, task: number): boolean {
  const { item } = load.tasks[task]!;
  return item >= 0 && !mayMatter(state.items[item]!);
}
