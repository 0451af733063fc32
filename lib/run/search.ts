import type { Tip } from '../merge/weave';
import { ItemStatus, type RunState, TaskStatus } from './state';
import type { Workload } from './workload';

/**
 * The search for the item that breaks a weave: the first one whose addition turns a prefix that passes into one that
 * fails. A round of it weaves up to the last prefix that it wants to know about, and runs the gates that have failed
 * on several prefixes at once where lanes are free. `bisect.ts` carries it on.
 */
export interface Search {
  /** Numbers of the gates of verification that failed on the whole weave. */
  readonly gates: readonly number[];
  /** Last item of the longest prefix that passes; −1: the base. */
  readonly passing: number;
  /** That `passing` passes has been seen, not supposed. */
  readonly shown: boolean;
  /** Last item of the shortest prefix that fails. */
  readonly failing: number;
  /** Last items of all prefixes that have failed; none where an older version has begun the search. */
  readonly failed?: readonly number[];
  /** The base fails by itself: this round looks for any prefix that passes. */
  readonly isRescue?: true;
  /** Where the failure was seen. */
  readonly seen: Seen;
  /** What this round verifies. */
  readonly points: readonly Point[];
  /** End of the weave that failed. */
  readonly whole: Tip;
  /** Once it is found: then prefixes are those of the other items, with it and its dependencies on top. */
  readonly culprit: Culprit | undefined;
}

export interface Culprit {
  readonly item: number;
  /** Last item of the longest prefix that passes without it. */
  readonly after: number;
  /** All that it depends on. */
  readonly closure: readonly number[];
  /** How many probes may still be spent on whom it clashes with. */
  readonly left: number;
}

/** A result: the weave it was about, and the task. */
export interface Seen {
  readonly round: number;
  readonly task: number;
}

export interface Point {
  /** Position of the last item of the prefix; −1: none. */
  readonly upTo: number;
  /** The item with which its weave ends. */
  readonly end: number;
  /** Known once it is woven. */
  readonly tip: Tip | undefined;
}

/** What a search before has shown of the same base: with all items up to `passing`, these gates pass. */
export interface Known {
  readonly gates: readonly number[];
  readonly passing: number;
}

/** How far this round weaves: every item before this position. */
export function weaveLimit({ items, weave: { search } }: RunState): number {
  return search === undefined ? items.length : Math.max(...search.points.map(({ end }) => end)) + 1;
}

/** Which items this round weaves, of those that are in. */
export function inRound({ weave: { search } }: RunState): (item: number) => boolean {
  const culprit = search?.culprit;
  if (search === undefined || culprit === undefined) return () => true;
  const { upTo } = search.points[0]!;
  const own = new Set([...culprit.closure, culprit.item]);
  return (item) => item <= upTo || own.has(item);
}

/** The items of the weave, also those that this round has not come to. */
export function members({ items }: RunState): number[] {
  const found: number[] = [];
  items.forEach((status, item) => {
    if (status === ItemStatus.woven || status === ItemStatus.passed) found.push(item);
  });
  return found;
}

/** Those of the members that can break a weave: the others change nothing in it. */
export function suspects(load: Workload, state: RunState): number[] {
  return members(state).filter((item) => !isUntested(load, state, item));
}

/** Whether an item has added nothing where it was to be tested, so that no gate has looked at it. */
export function isUntested({ tasks, firstTask }: Workload, state: RunState, item: number): boolean {
  for (let task = firstTask[item]!; task < firstTask[item + 1]!; task++)
    if (tasks[task]!.blocking && state.tasks[task] === TaskStatus.skipped) return true;
  return false;
}
