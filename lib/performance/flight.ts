import { AsyncLocalStorage } from 'node:async_hooks';
import { refuse } from '../errors';

/** An operation that is running, of any cache. */
export interface Flight {
  readonly key: string;
  /** Those whose results it has begun to wait for. */
  readonly waitsFor: Set<Flight>;
  hasEnded: boolean;
}

/** The flight that the current call is part of. */
const within = new AsyncLocalStorage<Flight>();

/** Starts an operation; `result` is its own. */
export function takeOff<T>(key: string, operation: () => Promise<T>): { flight: Flight; result: Promise<T> } {
  const flight: Flight = { key, waitsFor: new Set(), hasEnded: false };
  const result = within.run(flight, operation).finally(() => {
    flight.hasEnded = true;
  });
  return { flight, result };
}

/**
 * A promise of what comes of a flight. An operation that waits for it is refused where the flight waits for that
 * operation, directly or by way of others: both would wait forever. Asking for it without waiting is no harm.
 */
export class Arrival<T> extends Promise<T> {
  private flight?: Flight;

  static of<T>(flight: Flight, result: Promise<T>): Arrival<T> {
    const arrival = new Arrival<T>((resolve) => resolve(result));
    arrival.flight = flight;
    return arrival;
  }

  /** What is derived from it is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // Called by whoever waits, also by `await`, in its own context.
  // biome-ignore lint/suspicious/noThenProperty: it is a promise, and this is how it learns who waits.
  override then<R = T, E = never>(
    onValue?: ((value: T) => R | PromiseLike<R>) | null,
    onError?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    const waiter = within.getStore();
    const { flight } = this;
    if (waiter === undefined || waiter.hasEnded || flight === undefined) return super.then(onValue, onError);
    if (waitsFor(flight, waiter)) {
      // Whoever else waits for it hears of its failure.
      super.then(undefined, () => {});
      const message = `the operation ${JSON.stringify(flight.key)} waits for its own result`;
      return Promise.reject<T>(refuse('cache-cycle', message)).then(onValue, onError);
    }
    waiter.waitsFor.add(flight);
    return super.then(onValue, onError);
  }
}

/** Whether a flight is another one, or waits for it, as far as they have not ended. */
function waitsFor(flight: Flight, wanted: Flight): boolean {
  const seen = new Set<Flight>();
  const open = [flight];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === wanted) return true;
    if (next.hasEnded || seen.has(next)) continue;
    seen.add(next);
    open.push(...next.waitsFor);
  }
  return false;
}
