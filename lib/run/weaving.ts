import { beginProbes, beginSearch, endProbes } from './bisect';
import type { Draft } from './draft';
import { queueTask, setItem } from './items';
import { inRound, isUntested, weaveLimit } from './search';
import { ItemStatus, isOut, type Phase, TaskStatus, type Work } from './state';
import { asks, overridesOf } from './waived';

/**
 * The way of the weave: `weave` until every item is woven or out, then `verify`, then `land`, then `done`. Where
 * verification fails, rounds of `weave` up to some item and `bisect` find out which one to leave out. Items are woven in merge order, whatever order they passed in, so that the result does not depend on it.
 * Where only gates are to run, an item that has passed them stays as it is, and nothing is woven.
 */
export function advance(draft: Draft): void {
  const { state } = draft;
  for (;;) {
    const { phase, weave } = state;
    advanceOnce(draft);
    if (state.phase === phase && state.weave.round === weave.round) return;
  }
}

function advanceOnce(draft: Draft): void {
  const { state } = draft;
  if (state.phase === 'weave') {
    skipSettled(draft);
    if (state.weave.cursor < weaveLimit(state) || state.weave.busy) return;
    if (state.weave.search === undefined) endWeave(draft);
    else beginProbes(draft);
  } else if (state.verifying > 0) return;
  else if (state.phase === 'verify') endVerification(draft);
  else if (state.phase === 'bisect') endProbes(draft);
}

/** Items that can be woven now: passed, in order, up to the first that is not decided; a batch at most. */
export function mergeDue(draft: Draft): number[] {
  const { load, state } = draft;
  const due: number[] = [];
  if (load.gatesOnly || state.phase !== 'weave' || state.weave.busy) return due;
  const limit = weaveLimit(state);
  const isIn = inRound(state);
  for (let item = state.weave.cursor; item < limit && due.length < load.batchSize; item++) {
    if (!isIn(item)) continue;
    if (state.items[item] === ItemStatus.passed) due.push(item);
    else if (!isSettled(state.items[item]!)) break;
  }
  return due;
}

/** The weaving of items that are due. */
export function mergeOf({ load, state }: Draft, items: readonly number[]): Work {
  const { base, tip } = state.weave;
  const overrides = overridesOf(load, state, items);
  const untested = items.filter((item) => isUntested(load, state, item));
  return { kind: 'merge', items, untested, base, tip, ...(overrides.length > 0 && { overrides }) };
}

/** The landing of what is woven now. */
export function landing(draft: Draft): Work {
  const { base, tip } = draft.state.weave;
  return { kind: 'land', base, woven: tip.linear, items: itemsWith(draft, ItemStatus.woven) };
}

/** Weaves everything that is still in anew, on `base`. What that holds already stays as it is while it is the same. */
export function weaveAgain(draft: Draft, base: string): void {
  const { state } = draft;
  const isSame = base === state.weave.base;
  state.weave = {
    ...state.weave,
    round: state.weave.round + 1,
    base,
    tip: { chain: base, linear: base },
    baseTree: isSame ? state.weave.baseTree : undefined,
    cursor: 0,
    search: undefined,
    known: undefined,
  };
  state.items.forEach((status, item) => {
    if (status === ItemStatus.woven || (status === ItemStatus.present && !isSame))
      state.items[item] = ItemStatus.passed;
  });
  enter(draft, 'weave');
}

/** Ends the run: what is woven has merged, or failed for the reason given. */
export function endWith(draft: Draft, failure: ItemStatus | undefined): void {
  // Nothing of the weave lands, so each item of it fails for itself; all that depends on them is in it or out.
  if (failure !== undefined) {
    for (const item of itemsWith(draft, ItemStatus.woven)) setItem(draft, item, failure);
  }
  enter(draft, 'done');
}

const isSettled = (status: number) =>
  status === ItemStatus.woven || status === ItemStatus.present || isOut(status);

function skipSettled(draft: Draft): void {
  const { load, state } = draft;
  const limit = weaveLimit(state);
  const isIn = inRound(state);
  const skipped = (status: number) => isSettled(status) || (load.gatesOnly && status === ItemStatus.passed);
  for (let item = state.weave.cursor; item < limit; item++) {
    if (isIn(item) && !skipped(state.items[item]!)) return;
    state.weave.cursor = item + 1;
  }
}

function endWeave(draft: Draft): void {
  const { load, state } = draft;
  if (state.weave.tip.linear === state.weave.base) {
    enter(draft, 'done');
    return;
  }
  const woven = itemsWith(draft, ItemStatus.woven);
  const first = load.firstTask[state.items.length]!;
  state.verifying = 0;
  load.askedBy.forEach((items, index) => {
    const asked = items === undefined || woven.some((item) => asks(load, state, item, index));
    state.attempts[first + index] = 0;
    if (asked) {
      state.verifying += 1;
      queueTask(draft, first + index);
    } else state.tasks[first + index] = TaskStatus.skipped;
  });
  enter(draft, 'verify');
}

function endVerification(draft: Draft): void {
  const { load, state } = draft;
  const first = load.firstTask[state.items.length]!;
  const failed = state.tasks
    .subarray(first, load.firstProbe)
    .some((status, index) => status === TaskStatus.failed && load.tasks[first + index]!.blocking);
  if (failed && load.maxProbes > 0) beginSearch(draft);
  else if (failed) endWith(draft, ItemStatus.integrationFailed);
  else enter(draft, load.execute ? 'land' : 'done');
}

/** Begins a phase. */
export function enter(draft: Draft, phase: Phase): void {
  const { state, now } = draft;
  state.phase = phase;
  draft.events.push({ event: 'phase', phase, round: state.weave.round, base: state.weave.base, at: now });
}

function itemsWith({ state }: Draft, status: ItemStatus): number[] {
  const items: number[] = [];
  state.items.forEach((s, item) => {
    if (s === status) items.push(item);
  });
  return items;
}
