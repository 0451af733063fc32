import type { GateResult, MergeResult, RunEvent } from '../run/messages';
import type { Seen } from '../run/search';
import { ItemStatus, isFailure, isOut, type RunState } from '../run/state';
import type { Workload } from '../run/workload';

type Recorded<R> = R & { readonly lane: number; readonly round: number };

/** What the events of a run say, sorted by what they are about. */
export interface History {
  /** By task; verification tasks hold the results of the last weave only. */
  readonly attempts: ReadonlyMap<number, readonly Recorded<GateResult>[]>;
  /** By item: the last weave it was part of. */
  readonly merges: ReadonlyMap<number, Recorded<MergeResult>>;
  readonly readyAt: ReadonlyMap<number, number>;
  /** By item: when its status last changed. */
  readonly changedAt: ReadonlyMap<number, number>;
  /** By item: the place of that change among all events. */
  readonly changedIn: ReadonlyMap<number, number>;
  /** The first item that failed by itself. */
  readonly firstFailed: number | undefined;
  /** Why the run was stopped before its time, where it was. */
  readonly stopped: string | undefined;
  /** Of every weave of the run, in order. */
  readonly landings: readonly Recorded<Extract<RunEvent, { kind: 'land' }>>[];
  /** By item: what was seen when it was found to break the weave. */
  readonly evicted: ReadonlyMap<number, Evicted>;
  /** The same where nobody could be evicted, and why not. */
  readonly gaveUp: (Verified & { readonly why: 'limit' | 'base' }) | undefined;
}

/** What became of a gate in one weave, by attempt. */
export interface Verified {
  readonly task: number;
  readonly results: readonly Recorded<GateResult>[];
}

export interface Evicted extends Verified {
  /** Last item up to which the weave passes without it; −1: the target alone. */
  readonly after: number;
  /** It clashes with one of these; empty where that is not known. */
  readonly clash: readonly number[];
}

export function readHistory(load: Workload, events: readonly RunEvent[]): History {
  const attempts = new Map<number, Recorded<GateResult>[]>();
  const merges = new Map<number, Recorded<MergeResult>>();
  const readyAt = new Map<number, number>();
  const changedAt = new Map<number, number>();
  const changedIn = new Map<number, number>();
  const landings: Recorded<Extract<RunEvent, { kind: 'land' }>>[] = [];
  let firstFailed: number | undefined;
  const verified = new Map<string, Recorded<GateResult>[]>();
  const seenAt = ({ round, task }: Seen) => ({ task, results: verified.get(`${round}/${task}`) ?? [] });
  const evicted = new Map<number, Evicted>();
  let gaveUp: History['gaveUp'];
  let stopped: string | undefined;
  for (const [place, event] of events.entries()) {
    if (event.event === 'stop') stopped = [stopped, event.why].filter(Boolean).join('; ');
    else if (event.event === 'evict')
      evicted.set(event.item, { ...seenAt(event), after: event.after, clash: event.clash });
    else if (event.event === 'give-up') gaveUp = { ...seenAt(event), why: event.why };
    else if (event.event === 'item') {
      changedAt.set(event.item, event.at);
      changedIn.set(event.item, place);
      if (isFailure(event.status)) firstFailed ??= event.item;
      if (event.status === ItemStatus.open && !readyAt.has(event.item)) readyAt.set(event.item, event.at);
    } else if (event.event === 'result') {
      if (event.kind === 'merge') merges.set(event.item, event);
      else if (event.kind === 'land') landings.push(event);
      else {
        if (load.tasks[event.task]!.item < 0) {
          const key = `${event.round}/${event.task}`;
          verified.set(key, [...(verified.get(key) ?? []), event]);
        }
        const known = attempts.get(event.task) ?? [];
        const earlierWeave =
          load.tasks[event.task]!.item < 0 && known[0] !== undefined && known[0].round < event.round;
        attempts.set(event.task, earlierWeave ? [event] : [...known, event]);
      }
    }
  }
  return { attempts, merges, readyAt, changedAt, changedIn, firstFailed, stopped, landings, evicted, gaveUp };
}

/**
 * For each blocked item the dependency through which the failure reached it; −1 for all others. Of several it is the one
 * behind which an item failed first, and of those that have that in common the first.
 */
export function blame(load: Workload, state: RunState, { changedIn }: Pick<History, 'changedIn'>): number[] {
  /** By item: the place of the failure that has reached it first. Dependencies come before what depends on them. */
  const reached: number[] = [];
  return load.deps.map((deps, item) => {
    let through = -1;
    if (state.items[item] === ItemStatus.blocked)
      for (const dep of deps)
        if (isToBlame(state.items[dep]!) && (through < 0 || reached[dep]! < reached[through]!)) through = dep;
    reached[item] = through < 0 ? (changedIn.get(item) ?? 0) : reached[through]!;
    return through;
  });
}

const isToBlame = (status: number) => isOut(status) && status !== ItemStatus.failFast;

/** From a blocked item to the one that failed, both included. */
export function blockedPath(through: readonly number[], state: RunState, item: number): number[] {
  const path = [item];
  for (let at = item; !isFailure(state.items[at]!) && through[at]! >= 0; at = through[at]!)
    path.push(through[at]!);
  return path;
}

/** Conflicts and empty items are found out before anything is run. */
export const wasTested = ({ outcome }: GateResult) =>
  outcome === 'pass' || outcome === 'fail' || outcome === 'timeout';
