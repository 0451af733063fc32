import type { Tip } from '../merge/weave';
import type { Measured } from './grouping';
import type { Known, Search } from './search';
import type { ToldOverride } from './waived';
import type { Workload } from './workload';

/** Where an item stands. Everything from `gateFailed` on is a failure of its own, but for `failFast`. */
export const ItemStatus = {
  /** Some dependency has not passed yet. */
  waiting: 0,
  /** Its gates may run. */
  open: 1,
  /** Every blocking gate passed; waits for its place in the weave. */
  passed: 2,
  /** Part of the weave; merged once that has landed. */
  woven: 3,
  /** The base holds it already: merged, nothing to do. */
  present: 4,
  /** A dependency, near or far, failed. */
  blocked: 5,
  gateFailed: 6,
  conflict: 7,
  unrelated: 8,
  notLinearizable: 9,
  headMoved: 10,
  integrationFailed: 11,
  targetMoved: 12,
  targetDirty: 13,
  targetGone: 14,
  landingRefused: 15,
  cancelled: 16,
  /** The engine could not carry the run to its end. */
  engineFault: 17,
  /** Skipped: another item failed, and the policy has the run end with that. */
  failFast: 18,
} as const;
export type ItemStatus = (typeof ItemStatus)[keyof typeof ItemStatus];

export const isFailure = (status: number): boolean =>
  status >= ItemStatus.gateFailed && status !== ItemStatus.failFast;
export const hasPassed = (status: number): boolean =>
  status === ItemStatus.passed || status === ItemStatus.woven || status === ItemStatus.present;
/** Failed, blocked or skipped: it will not be part of the weave. */
export const isOut = (status: number): boolean => status >= ItemStatus.blocked;

/** Whether gates of an item may matter, to it or to who reads of it: not once it is blocked or cannot be merged. */
export const mayMatter = (status: number): boolean =>
  status <= ItemStatus.present || status === ItemStatus.gateFailed || status >= ItemStatus.integrationFailed;

export const TaskStatus = {
  idle: 0,
  ready: 1,
  running: 2,
  delayed: 3,
  passed: 4,
  failed: 5,
  skipped: 6,
} as const;
export type TaskStatus = (typeof TaskStatus)[keyof typeof TaskStatus];

/**
 * `weave`: gates run and what passed is woven. `verify`: gates of the woven commit. `bisect`: the same of some of its
 * prefixes, after it has failed. `land`: the target moves.
 */
export type Phase = 'weave' | 'verify' | 'bisect' | 'land' | 'done';

/** What a lane is told to do. */
export type Work =
  | { readonly kind: 'gates'; readonly tasks: readonly { readonly task: number; readonly attempt: number }[] }
  | {
      readonly kind: 'merge';
      readonly items: readonly number[];
      /** Those of the items whose candidate added nothing, so that no gate has looked at them. */
      readonly untested: readonly number[];
      readonly base: string;
      readonly tip: Tip;
      /** Those that let the items through; left out where there are none. */
      readonly overrides?: readonly ToldOverride[];
    }
  | {
      readonly kind: 'land';
      readonly base: string;
      readonly woven: string;
      readonly items: readonly number[];
    }
  /** Nothing to do before a backoff ends: ask again then (ms since the epoch). Only where lanes keep the time. */
  | { readonly kind: 'sleep'; readonly until: number };

export interface LaneState {
  /** The last turn of this lane that the state has taken in. */
  turn: number;
  /** Its answer to that turn; kept until the next turn proves that it arrived. */
  work: Work | undefined;
  /** Waits for an answer. */
  parked: boolean;
}

export interface Weave {
  /** Counts every weave of the run from 1. */
  round: number;
  /** How many of them were due to a moved target. */
  retries: number;
  base: string;
  /** Tree of the base, once something has been woven on it. */
  baseTree: string | undefined;
  tip: Tip;
  /** Every item before this position is woven, present or out. */
  cursor: number;
  /** A lane holds merge or landing work. */
  busy: boolean;
  /** How often in a row merge or landing work was lost with its worker. */
  lost: number;
  /** How many prefixes of weaves that failed were verified, in all of the run. */
  probes: number;
  /** What the landing was last told to wait for. */
  held: string | undefined;
  search: Search | undefined;
  known: Known | undefined;
}

/** Nothing lands until that is over. */
export interface Pause {
  /** By whom, and what for. */
  readonly why: string;
}

/** Why a run ends before its time: what becomes of the items that were not decided. */
export type StopStatus = typeof ItemStatus.cancelled | typeof ItemStatus.engineFault;

/** Somebody answers for a blocking gate of an item: it counts as passed. */
export interface Override {
  readonly task: number;
  /** One whom the policy allows it, as was said. */
  readonly user: string;
  readonly reason: string;
  /** Who asked for it, as far as that is known. */
  readonly by: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Everything that changes during a run; a few bytes an item. Changed by `step` only. */
export interface RunState {
  /** Incremented by each take-over; turns of older generations count for nothing. */
  generation: number;
  phase: Phase;
  /** ItemStatus by item. */
  items: Uint8Array;
  /** TaskStatus by task. */
  tasks: Uint8Array;
  /** Finished attempts by task. */
  attempts: Uint16Array;
  /** By task, how often it was lost with its worker; only those that were. */
  losses: Map<number, number>;
  /** Nothing may land any more; a landing that is on its way will tell whether it was faster. */
  stopping: StopStatus | undefined;
  /** Tasks that wait out their backoff, and until when (ms since the epoch). */
  delayed: { task: number; until: number }[];
  lanes: LaneState[];
  paused: Pause | undefined;
  /** How many gates may run ahead of what their items wait for. */
  window: number;
  /** How many lanes may be given gates, from 1 to all of them; the others take what else there is. */
  limit: number;
  weave: Weave;
  overrides: readonly Override[];
  /** How long gates take, by the number of their name; empty where nothing is made of it. */
  measured: (Measured | undefined)[];
  /** Derived from the above, kept beside it so that no decision scans all items. */
  ready: number[];
  /** The same of items that wait, whose gates may run ahead of what they wait for. */
  ahead: number[];
  unmetDeps: Uint32Array;
  /** Blocking tasks of an item that have not passed. */
  openTasks: Uint16Array;
  /** Items that are not yet decided, tasks of the current verification not yet finished, tasks in hand. */
  unfinishedTasks: number;
  verifying: number;
}

/** The state before anything has happened: no item is open yet, every lane is about to make its first turn. */
export function newState(load: Workload, lanes: number, base: string): RunState {
  const items = load.deps.length;
  const openTasks = new Uint16Array(items);
  for (const task of load.tasks) if (task.item >= 0 && task.blocking) openTasks[task.item]! += 1;
  return {
    generation: 1,
    phase: 'weave',
    items: new Uint8Array(items),
    tasks: new Uint8Array(load.tasks.length),
    attempts: new Uint16Array(load.tasks.length),
    losses: new Map(),
    stopping: undefined,
    delayed: [],
    lanes: newLanes(lanes),
    paused: undefined,
    window: lanes,
    limit: lanes,
    weave: {
      round: 1,
      retries: 0,
      base,
      baseTree: undefined,
      tip: { chain: base, linear: base },
      cursor: 0,
      busy: false,
      lost: 0,
      probes: 0,
      held: undefined,
      search: undefined,
      known: undefined,
    },
    overrides: [],
    measured: [],
    ready: [],
    ahead: [],
    unmetDeps: Uint32Array.from(load.deps, (deps) => deps.length),
    openTasks,
    unfinishedTasks: 0,
    verifying: 0,
  };
}

export function newLanes(count: number): LaneState[] {
  return Array.from({ length: count }, () => ({ turn: 0, work: undefined, parked: false }));
}

/** How many lanes hold gates. */
export const lanesWithGates = ({ lanes }: Pick<RunState, 'lanes'>): number =>
  lanes.reduce((count, { work }) => (work?.kind === 'gates' ? count + 1 : count), 0);

/** A copy that shares nothing that `step` changes. */
export function copyState(state: RunState): RunState {
  return {
    ...state,
    items: state.items.slice(),
    tasks: state.tasks.slice(),
    attempts: state.attempts.slice(),
    losses: new Map(state.losses),
    delayed: state.delayed.slice(),
    lanes: state.lanes.map((lane) => ({ ...lane })),
    weave: { ...state.weave },
    measured: state.measured.slice(),
    ready: state.ready.slice(),
    ahead: state.ahead.slice(),
    unmetDeps: state.unmetDeps.slice(),
    openTasks: state.openTasks.slice(),
  };
}
