import type { Draft } from './draft';
import { gatePassed, lineUpTask, passItem, setItem } from './items';
import { queueIdle } from './speculation';
import { hasPassed, ItemStatus, isOut, type Override, type RunState, TaskStatus } from './state';
import { overrideOf } from './waived';
import { weaveAgain } from './weaving';

/** Why a gate cannot be overridden as the run stands. */
export type NoOverride =
  /** Verified, landed or ended: nothing is woven any more. */
  | { readonly kind: 'too-late' }
  /** It has passed, or there is nothing for it to look at. */
  | { readonly kind: 'passed' }
  | { readonly kind: 'overridden'; readonly by: Override }
  /** The item is out for another reason than its gates. */
  | { readonly kind: 'other-failure'; readonly status: number };

/** What stands against an override of a blocking gate of an item; undefined where nothing does. */
export function refusalOf(state: RunState, item: number, task: number): NoOverride | undefined {
  const by = overrideOf(state, task);
  if (by !== undefined) return { kind: 'overridden', by };
  const isOver = state.phase !== 'weave' || state.weave.search !== undefined || state.stopping !== undefined;
  if (isOver) return { kind: 'too-late' };
  const status = state.items[item]!;
  if (isOut(status) && status !== ItemStatus.gateFailed && status !== ItemStatus.blocked)
    return { kind: 'other-failure', status };
  const isSkipped = state.tasks[task] === TaskStatus.skipped && !isOut(status);
  return state.tasks[task] === TaskStatus.passed || isSkipped ? { kind: 'passed' } : undefined;
}

/**
 * Counts a blocking gate as passed. One that has not started will not; one that runs is left to end, and decides
 * nothing. An item that had failed for its gates alone is open again once none of them is against it, and so is what
 * it had blocked, unless something else does.
 * @param outdated items whose branch has left the commit that the plan pins
 */
export function applyOverride(draft: Draft, override: Override, outdated: readonly number[]): void {
  const { load, state } = draft;
  const { task } = override;
  const { item } = load.tasks[task]!;
  state.overrides = [...state.overrides, override];
  draft.events.push({ event: 'override', ...override });
  const status = state.tasks[task]!;
  if (status !== TaskStatus.running) state.tasks[task] = TaskStatus.passed;
  if (status === TaskStatus.ready || status === TaskStatus.delayed) state.unfinishedTasks -= 1;
  gatePassed(draft, item);
  if (state.items[item] === ItemStatus.gateFailed && !hasFailedGate(draft, item))
    reopen(draft, item, outdated);
}

function hasFailedGate({ load, state }: Draft, item: number): boolean {
  for (let task = load.firstTask[item]!; task < load.firstTask[item + 1]!; task++)
    if (load.tasks[task]!.blocking && state.tasks[task] === TaskStatus.failed) return true;
  return false;
}

function reopen(draft: Draft, item: number, outdated: readonly number[]): void {
  const { state } = draft;
  weaveWithIt(draft, item);
  restore(draft, item);
  unblock(draft, item, outdated);
  if (state.items[item] === ItemStatus.open && state.openTasks[item] === 0) passItem(draft, item);
}

/** An item that is out is in again, and waits for what it waits for; its gates may have failed ahead of that. */
function restore(draft: Draft, item: number): void {
  const { load, state } = draft;
  const unmet = load.deps[item]!.filter((dep) => !hasPassed(state.items[dep]!)).length;
  state.unmetDeps[item] = unmet;
  state.openTasks[item] = 0;
  for (let task = load.firstTask[item]!; task < load.firstTask[item + 1]!; task++) {
    const status = state.tasks[task]!;
    const mayRetry = status === TaskStatus.failed && state.attempts[task]! < load.tasks[task]!.maxAttempts;
    // Given up when the item was out.
    if (status === TaskStatus.skipped || mayRetry) state.tasks[task] = TaskStatus.idle;
    const isOpen = state.tasks[task] !== TaskStatus.passed && overrideOf(state, task) === undefined;
    if (load.tasks[task]!.blocking && isOpen) state.openTasks[item]! += 1;
  }
  if (hasFailedGate(draft, item)) setItem(draft, item, ItemStatus.gateFailed);
  else setItem(draft, item, unmet === 0 ? ItemStatus.open : ItemStatus.waiting);
  for (let task = load.firstTask[item]!; task < load.firstTask[item + 1]!; task++)
    if (state.tasks[task] === TaskStatus.ready) lineUpTask(draft, task);
  if (unmet === 0 || load.speculates) queueIdle(draft, item);
}

/** Items are woven in merge order: where others were woven past this one, they are woven anew. */
function weaveWithIt(draft: Draft, item: number): void {
  const { state } = draft;
  let isPast = state.weave.cursor > item;
  for (const lane of state.lanes) {
    const { work } = lane;
    if (work?.kind !== 'merge') continue;
    isPast ||= work.items.some((other) => other > item);
    // What is being woven now belongs to the weave without it.
    if (isPast) lane.work = { ...work, items: [], untested: [] };
  }
  if (isPast) weaveAgain(draft, state.weave.base);
  // Of a weave without it.
  else state.weave.known = undefined;
}

/** Everything that only waited for this item waits for it once more. Dependents come after what they depend on. */
function unblock(draft: Draft, item: number, outdated: readonly number[]): void {
  const { load, state } = draft;
  const behind = new Set(load.dependents[item]);
  for (let at = item + 1; at < state.items.length; at++) {
    if (!behind.has(at)) continue;
    for (const dependent of load.dependents[at]!) behind.add(dependent);
    if (state.items[at] !== ItemStatus.blocked) continue;
    if (load.deps[at]!.some((dep) => isOut(state.items[dep]!))) continue;
    if (outdated.includes(at)) setItem(draft, at, ItemStatus.headMoved);
    else restore(draft, at);
  }
}
