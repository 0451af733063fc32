import type { Result } from './messages';
import type { RunStore } from './store';

/** Where a call comes from: of two, the one that is greater in this order is the newer. */
export interface TurnId {
  readonly lane: number;
  readonly generation: number;
  /** Grows with every call of the lane, the ones that are tried again included. */
  readonly attempt: number;
  /** Turns of a lane count from 1 in each generation. One call may take several, one after another. */
  readonly turn: number;
}

/** A lane's newest call: it lies in the store until the state has taken it in, and while it waits for its answer. */
export interface Inbox extends TurnId {
  /** Names the token that answers the call; a token has up to a kilobyte, and every turn reads the calls of all lanes. */
  readonly call: string;
  /** What came of the last work, where the call itself brought it. */
  readonly results: readonly Result[];
  /** Why the last work was lost, where it was. */
  readonly lost: string | undefined;
  /** Which function has put it down: a call may be delivered to two. */
  readonly by: string;
  /** The token, where its function has ended without an answer: somebody else is to give it. */
  readonly parked: string | undefined;
}

/**
 * What became of a call that was to be put down: it is there; it is there and was before, by another function; a newer
 * call of the lane is there, and nothing was written.
 */
export type Put = 'first' | 'again' | 'late';

/** Lanes from one to another, both included. */
export interface LaneRange {
  readonly from: number;
  readonly to: number;
}

/** What came of the work that a lane was given in answer to a turn, written by whoever did the work. */
export interface LaneResults extends Omit<TurnId, 'attempt'> {
  readonly results: readonly Result[];
}

/** The state with all that lanes have put down for it. */
export interface Turns {
  readonly version: number;
  readonly state: string;
  /** When the state was last changed, in ms since the epoch. */
  readonly changedAt: number;
  readonly inboxes: readonly Inbox[];
  readonly results: readonly LaneResults[];
}

/**
 * A store through which lanes in different processes take their turns. Each lane has one inbox and one place
 * for results; a newer call replaces an older one there, never the other way round.
 */
export interface TurnStore extends RunStore {
  /** The call is not parked then, whatever the one was that it replaces. */
  putInbox(run: string, inbox: Omit<Inbox, 'parked'>): Promise<Put>;
  /** The results of one turn; what is there for this or a later turn stays. */
  putResults(run: string, results: LaneResults): Promise<void>;
  /**
   * Results are at least as new as the inboxes, and the state as the results.
   * @param lanes whose inboxes and results are wanted; those of all by default
   * @throws Error for an unknown run
   */
  readTurns(run: string, lanes?: LaneRange): Promise<Turns>;
  readInboxes(run: string, lanes: LaneRange): Promise<readonly Inbox[]>;
  /**
   * Notes that somebody else is to answer the call, by its token; undefined: nobody is any more.
   * @returns false, and nothing is written, when a newer call of the lane is there
   */
  setParked(run: string, call: TurnId & Pick<Inbox, 'call'>, token: string | undefined): Promise<boolean>;
  /** Text of any length under a name, once: what is there stays. */
  putDetail(run: string, name: string, text: string): Promise<void>;
  getDetail(run: string, name: string): Promise<string | undefined>;
}

/** Whether a call is newer than another call of its lane. */
export function isNewer(a: Omit<TurnId, 'lane'>, than: Omit<TurnId, 'lane'>): boolean {
  if (a.generation !== than.generation) return a.generation > than.generation;
  if (a.attempt !== than.attempt) return a.attempt > than.attempt;
  return a.turn > than.turn;
}
