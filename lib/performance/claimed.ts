import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Claims } from './cache-store';

export interface ClaimedOperation<T> {
  readonly namespace: string;
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long the claim outlives a holder that died. */
  readonly ttlMs: number;
  readonly onError: (error: unknown) => void;
  /** The value, where another process has put it; must not reject. */
  readonly read: () => Promise<T | undefined>;
  /** Given the value that another process has put there. */
  readonly known: (value: T) => Promise<T>;
  /** Does the work and puts the value there. */
  readonly run: () => Promise<T>;
}

/** The pauses between two looks at what another process is doing, in milliseconds. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 3_000;

/**
 * Runs an operation unless another process is at it; then waits until that one is done, has failed or died. A store
 * of claims tells nobody when one ends, so that those who wait can but look again, ever less often.
 * Where the claims fail, the operation runs as if there were none.
 */
export async function runClaimed<T>(claims: Claims, operation: ClaimedOperation<T>): Promise<T> {
  const { namespace, key, now, ttlMs, onError, read, known, run } = operation;
  const owner = randomUUID();
  const claim = () =>
    claims.claim(namespace, key, owner, ttlMs).catch((error) => {
      onError(error);
      return undefined;
    });
  const release = () => claims.release(namespace, key, owner).catch(onError);

  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const busyUntil = await claim();
    // Whoever had the claim before put the value there first.
    const value = await read();
    if (value !== undefined) {
      if (busyUntil === undefined) await release();
      return known(value);
    }
    if (busyUntil === undefined) break;
    await sleep(Math.min(Math.max(busyUntil - now(), 1), pause));
  }

  let renewal: Promise<unknown> = Promise.resolve();
  const renew = setInterval(() => {
    renewal = claim();
  }, ttlMs / 3).unref();
  try {
    return await run();
  } finally {
    clearInterval(renew);
    await renewal;
    await release();
  }
}
