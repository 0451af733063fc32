import type { Callback, CallbackEnd, Place } from './callback';

/** The callbacks of runs, one a place. */
export interface CallbackStore {
  /**
   * Puts a new callback in its place. What is there stays, unless it is the one to be replaced.
   * @param over id of the one to be replaced
   * @returns what is there then
   */
  put(run: string, place: Place, callback: Callback, over?: string): Promise<Callback>;
  get(run: string, place: Place): Promise<Callback | undefined>;
  /** Nothing happens when another callback is in the place. */
  markRequested(run: string, place: Place, id: string): Promise<void>;
  /**
   * Ends a callback, once: a second end changes nothing.
   * @returns the callback as it is then; undefined when another one, or none, is in the place
   */
  end(run: string, place: Place, id: string, end: CallbackEnd): Promise<Callback | undefined>;
}

/** Who waits for a callback, where that is no process but a task of a state machine. */
export interface Waiter {
  /** Of the task. */
  readonly token: string;
  /** Since when, in ms since the epoch. */
  readonly since: number;
}

/** Tells apart who came later: generation, execution of the lane, call of that, attempt of that. */
export type Order = readonly [generation: number, k: number, calls: number, retry: number];

export interface WaiterStore extends CallbackStore {
  /** Notes who waits for a callback from now on, unless somebody who came later does. */
  attach(run: string, place: Place, waiter: Waiter, order: Order): Promise<void>;
  waiter(run: string, place: Place): Promise<Waiter | undefined>;
}
