import { encodeState } from '../../lib/run/codec';
import type { Result } from '../../lib/run/messages';
import { newState, type RunState, type Work } from '../../lib/run/state';
import { start } from '../../lib/run/step';
import { type Inbox, isNewer, type LaneResults } from '../../lib/run/turn-store';
import type { Workload } from '../../lib/run/workload';

/**
 * The protocol between lanes, functions, the store and the repository, as `takeTurn`, `performLanding`, `cancelRun` and
 * `takeOver` follow it, cut where a process may die or another one may come first. What the coordinator decides is
 * decided by the code itself. Plain data, so that states can be compared.
 */
export interface Model {
  readonly version: number;
  /** As the store has it. */
  readonly state: string;
  readonly inboxes: readonly Inbox[];
  readonly results: readonly LaneResults[];
  readonly lanes: readonly Lane[];
  readonly calls: readonly Call[];
  readonly target: string;
  readonly fence: number;
  readonly cancel: 'no' | 'asked' | 'stopped' | 'fenced' | 'acknowledged' | 'too-late';
  /** How often the run has moved the target. */
  readonly landings: number;
  readonly left: Faults;
  /** A call takes in its own inbox alone, as it does not look at those of far lanes where there are many. */
  readonly alone: boolean;
  /** Broken on purpose, to see that it is noticed. */
  readonly flaw?: Flaw | undefined;
}

export type Flaw =
  | 'answers nobody else'
  | 'parks without looking again'
  | 'looks at nobody again'
  | 'answers others in its first try alone'
  | 'commits over others'
  | 'cancels without the fence'
  | 'lands without looking';

/** How often each may still happen. */
export interface Faults {
  readonly kills: number;
  readonly takeovers: number;
  readonly cancels: number;
  readonly targetMoves: number;
  readonly failures: number;
}

/** An execution of a lane, which Step Functions carries. */
export interface Lane {
  readonly generation: number;
  readonly lane: number;
  readonly does:
    | { readonly kind: 'asks' }
    | { readonly kind: 'waits'; readonly token: string }
    | { readonly kind: 'gates' | 'merges'; readonly turn: number; readonly work: Work | undefined }
    | { readonly kind: 'ended' };
  readonly last: number | null;
  readonly count: number;
  readonly retry: number;
  readonly results: readonly Result[];
  readonly lost: string | undefined;
}

/** A function that is being executed. */
export type Call = NextCall | MergeCall;

export interface NextCall {
  readonly kind: 'next';
  readonly generation: number;
  readonly lane: number;
  readonly token: string;
  readonly attempt: number;
  readonly last: number | null;
  readonly results: readonly Result[];
  readonly lost: string | undefined;
  readonly at:
    | 'begin'
    | 'put'
    | 'read'
    | 'commit'
    | 'read-again'
    | 'answer'
    | 'mark'
    | 'own'
    | 'park'
    | 'look';
  readonly inbox: Inbox | undefined;
  /** A try before may have begun what this one does. */
  readonly isAgain: boolean;
  readonly seen: Seen | undefined;
  /** Its call is still the newest of its lane. */
  readonly isNewest: boolean;
  /** The state that its commit has replaced, until it is known whom that concerns. */
  readonly before: string | undefined;
  /** Answers that are still to be given to others. */
  readonly open: readonly Inbox[];
}

interface Seen {
  readonly version: number;
  readonly state: string;
  readonly inboxes: readonly Inbox[];
  readonly results: readonly LaneResults[];
}

export interface MergeCall {
  readonly kind: 'merge';
  readonly generation: number;
  readonly lane: number;
  readonly turn: number;
  readonly at: 'begin' | 'look' | 'check' | 'push' | 'look-again' | 'write';
  readonly work: Work | undefined;
  readonly fence: number;
  readonly isFinal: boolean;
  readonly results: readonly Result[];
}

/** What may happen next. Faults happen only as often as they are left. */
export interface Action {
  readonly name: string;
  readonly isFault: boolean;
  readonly to: Model;
}

export function initial(load: Workload, lanes: number, left: Faults, alone = false, flaw?: Flaw): Model {
  const { state } = start(load, newState(load, lanes, 'base'), [], 0);
  return {
    version: 1,
    state: encodeState(state),
    inboxes: [],
    results: [],
    lanes: lanesOf(1, lanes),
    calls: [],
    target: 'base',
    fence: 0,
    cancel: 'no',
    landings: 0,
    left,
    alone,
    flaw,
  };
}

export const lanesOf = (generation: number, lanes: number): Lane[] =>
  Array.from({ length: lanes }, (_, lane) => ({
    ...{ generation, lane, does: { kind: 'asks' } as const, last: null, count: 0, retry: 0 },
    results: [],
    lost: undefined,
  }));

/** The next call of a lane, with what came of its work. */
export const asks = (
  lane: Lane,
  last: number,
  came: { results?: readonly Result[]; lost?: string },
): Lane => ({
  ...lane,
  does: { kind: 'asks' },
  last,
  count: lane.count + 1,
  retry: 0,
  results: came.results ?? [],
  lost: came.lost,
});

/** Weaves are paths of the target's history: `base/0/1`. */
export const contains = (target: string, woven: string) =>
  `${target}/`.startsWith(`${woven}/`) || target.startsWith(`${woven}x`);

export const committed = (model: Model, state: RunState): Model => ({
  ...model,
  version: model.version + 1,
  state: encodeState(state),
});
export const parked = (model: Model, inbox: Inbox, parked: string | undefined): Model => ({
  ...model,
  inboxes: model.inboxes.map((there) =>
    there.lane === inbox.lane && there.call === inbox.call && !isNewer(there, inbox) && !isNewer(inbox, there)
      ? { ...there, parked }
      : there,
  ),
});
export const withLane = (model: Model, at: number, lane: Lane): Model => ({
  ...model,
  lanes: model.lanes.with(at, lane),
});
export const withCall = (model: Model, call: Call): Model => ({ ...model, calls: [...model.calls, call] });
export const replaceCall = (model: Model, at: number, call: Call): Model => ({
  ...model,
  calls: model.calls.with(at, call),
});
export const without = (model: Model, call: Call): Model => ({
  ...model,
  calls: model.calls.filter(
    (other) =>
      !(
        other.kind === call.kind &&
        other.generation === call.generation &&
        other.lane === call.lane &&
        (other.kind === 'next'
          ? other.token === (call as NextCall).token
          : other.turn === (call as MergeCall).turn)
      ),
  ),
});
export const spend = (model: Model, fault: keyof Faults): Model => ({
  ...model,
  left: { ...model.left, [fault]: model.left[fault] - 1 },
});
