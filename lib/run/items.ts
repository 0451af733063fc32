import type { Draft } from './draft';
import { push } from './ready-queue';
import { narrowWindow, queueIdle, widen } from './speculation';
import { ItemStatus, isOut, TaskStatus } from './state';

/** The life of an item: waiting → open → passed → woven, or out of the run at any point before the end. */

/** Opens every item that waits for nothing; called once, at the start of a run. */
export function openRoots(draft: Draft): void {
  const { state } = draft;
  for (let item = 0; item < state.items.length; item++) {
    if (state.items[item] === ItemStatus.waiting && state.unmetDeps[item] === 0) openItem(draft, item);
  }
}

/** Queues the item's gates; one that has no blocking gate to wait for passes at once, and may open others in turn. */
export function openItem(draft: Draft, first: number): void {
  const { state } = draft;
  const opening = [first];
  for (let item = opening.pop(); item !== undefined; item = opening.pop()) {
    setItem(draft, item, ItemStatus.open);
    queueIdle(draft, item);
    leaveAhead(draft, item);
    if (state.openTasks[item] === 0 || isEmpty(draft, item)) opening.push(...markPassed(draft, item));
  }
}

/** Gates of an item that waits no more leave the line of those that run ahead. */
function leaveAhead(draft: Draft, item: number): void {
  const { load, state } = draft;
  if (!load.speculates) return;
  for (let task = load.firstTask[item]!; task < load.firstTask[item + 1]!; task++)
    if (state.tasks[task] === TaskStatus.ready) lineUpTask(draft, task);
}

/** Its gates have found, ahead of its dependencies, that it adds nothing. */
function isEmpty({ load, state }: Draft, item: number): boolean {
  for (let task = load.firstTask[item]!; task < load.firstTask[item + 1]!; task++)
    if (load.tasks[task]!.blocking && state.tasks[task] === TaskStatus.skipped) return true;
  return false;
}

/** A blocking gate of the item passed. */
export function gatePassed(draft: Draft, item: number): void {
  const { state } = draft;
  state.openTasks[item]! -= 1;
  if (state.openTasks[item] === 0 && state.items[item] === ItemStatus.open) passItem(draft, item);
}

/** The item may be woven, and its dependents no longer wait for it. */
export function passItem(draft: Draft, item: number): void {
  for (const opened of markPassed(draft, item)) openItem(draft, opened);
}

/** Marks the item passed; returns the dependents for which it was the last to wait for. */
function markPassed(draft: Draft, item: number): number[] {
  const { load, state } = draft;
  setItem(draft, item, ItemStatus.passed);
  widen(draft);
  return load.dependents[item]!.filter((dependent) => {
    state.unmetDeps[dependent]! -= 1;
    return state.unmetDeps[dependent] === 0 && state.items[dependent] === ItemStatus.waiting;
  });
}

/**
 * The item fails, and all that depends on it is blocked. Blocked wins over any failure of a descendant's
 * own, so that the outcome does not depend on which of the two became known first.
 */
export function failItem(draft: Draft, item: number, status: ItemStatus): void {
  const { load, state } = draft;
  if (isOut(state.items[item]!)) return;
  const wasWaiting = state.items[item] === ItemStatus.waiting;
  setItem(draft, item, status);
  narrowWindow(draft);
  if (status !== ItemStatus.gateFailed) skipTasks(draft, item);
  else if (wasWaiting) leaveAhead(draft, item);
  const behind = [...load.dependents[item]!];
  for (let next = behind.pop(); next !== undefined; next = behind.pop()) {
    const current = state.items[next]!;
    if (current === ItemStatus.blocked) continue;
    setItem(draft, next, ItemStatus.blocked);
    skipTasks(draft, next);
    // What depends on an item that had failed already is blocked already.
    if (!isOut(current)) behind.push(...load.dependents[next]!);
  }
}

export function setItem(draft: Draft, item: number, status: ItemStatus): void {
  draft.state.items[item] = status;
  draft.events.push({ event: 'item', item, status, at: draft.now });
}

export function queueTask(draft: Draft, task: number): void {
  draft.state.tasks[task] = TaskStatus.ready;
  draft.state.unfinishedTasks += 1;
  lineUpTask(draft, task);
}

/** Puts a task that is ready into its line: those of items that wait have one of their own. */
export function lineUpTask({ load, state }: Draft, task: number): void {
  const isAhead = state.items[load.tasks[task]!.item] === ItemStatus.waiting;
  push(isAhead ? state.ahead : state.ready, load.rankOf[task]!);
}

/** Gates that have not started will not; the results of those that run count for nothing. */
export function skipTasks(draft: Draft, item: number): void {
  const { firstTask } = draft.load;
  for (let task = firstTask[item]!; task < firstTask[item + 1]!; task++) skipTask(draft, task);
}

/** A task that has not started will not. */
export function skipTask({ state }: Draft, task: number): void {
  const status = state.tasks[task]!;
  if (status === TaskStatus.idle) state.tasks[task] = TaskStatus.skipped;
  else if (status === TaskStatus.ready || status === TaskStatus.delayed) {
    // Its entry in the queue is dropped when it comes up.
    state.tasks[task] = TaskStatus.skipped;
    state.unfinishedTasks -= 1;
  }
}
