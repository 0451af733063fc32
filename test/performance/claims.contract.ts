import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheStore, Claims } from '../../lib/performance/cache-store';
import { OperationCache, type OperationCacheOptions } from '../../lib/performance/operation-cache';

type Shared = CacheStore & { readonly claims: Claims };

/** A promise, and what settles it. */
function deferred<T>() {
  let settle!: { resolve: (value: T) => void; reject: (error: Error) => void };
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}

/** What processes that share a store with claims may rely on; `open` gives each of them its view of one store. */
export function claimsContract(open: () => Promise<() => Shared>): void {
  let view: () => Shared;
  beforeEach(async () => {
    view = await open();
  });
  const cache = (options: OperationCacheOptions = {}) =>
    new OperationCache<unknown>(60, true, { store: view(), ...options });

  /** A process at work on the key `k` until it is told to end. */
  async function working(options: OperationCacheOptions = {}) {
    const started = deferred<void>();
    const work = deferred<string>();
    const result = cache(options).execute('k', () => {
      started.resolve();
      return work.promise;
    });
    await started.promise;
    return { ...work, result };
  }

  it('lets two processes do the work of a key once, and both have its value', async () => {
    const first = await working();
    const second = cache();
    const fn = jest.fn();
    const waiting = second.execute('k', fn);
    await sleep(20);
    first.resolve('v');
    expect(await Promise.all([first.result, waiting])).toEqual(['v', 'v']);
    expect(fn).not.toHaveBeenCalled();
    expect(second.stats()).toMatchObject({ hits: 1, misses: 0 });
  });

  it('does the work once however many processes begin at once', async () => {
    const fn = jest.fn(async () => sleep(30, null));
    expect(await Promise.all(Array.from({ length: 6 }, () => cache().execute('k', fn)))).toEqual(
      Array(6).fill(null),
    );
    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('lets the other one try when the work has failed', async () => {
    const first = await working();
    const waiting = cache().execute('k', async () => 'second');
    first.reject(new Error('boom'));
    await expect(first.result).rejects.toThrow('boom');
    expect(await waiting).toBe('second');
  });

  it('holds up nobody with another key or namespace', async () => {
    const first = await working();
    expect(await cache().execute('k2', async () => 2)).toBe(2);
    expect(await cache({ namespace: 'other' }).execute('k', async () => 3)).toBe(3);
    first.resolve('v');
    await first.result;
  });

  it('takes over when the claim of a process that died has ended', async () => {
    expect(await view().claims.claim('default', 'k', 'dead', 200)).toBeUndefined();
    expect(await view().claims.claim('default', 'k', 'other', 200)).toBeGreaterThan(0);
    expect(await cache().execute('k', async () => 'v')).toBe('v');
  });

  it('keeps its claim for as long as it works', async () => {
    const first = await working({ claimMs: 300 });
    const fn = jest.fn();
    const waiting = cache().execute('k', fn);
    await sleep(1_000);
    expect(fn).not.toHaveBeenCalled();
    first.resolve('v');
    expect(await Promise.all([first.result, waiting])).toEqual(['v', 'v']);
  });

  it('leaves no claim behind, and releases none of another', async () => {
    const { claims } = view();
    await cache().execute('k', async () => 'v');
    expect(await claims.claim('default', 'k', 'a', 60_000)).toBeUndefined();
    await claims.release('default', 'k', 'b');
    expect(await claims.claim('default', 'k', 'b', 60_000)).toBeGreaterThan(0);
    expect(await claims.claim('default', 'k', 'a', 60_000)).toBeUndefined();
    await claims.release('default', 'k', 'a');
    expect(await claims.claim('default', 'k', 'b', 60_000)).toBeUndefined();
  });

  it('computes a value anew once it has expired, though the store still holds it', async () => {
    const clock = { ms: Date.now() };
    const now = () => clock.ms;
    await cache({ now }).execute('k', async () => 'old');
    clock.ms += 60_000;
    expect(await cache({ now }).get('k')).toBeUndefined();
    const late = cache({ now });
    expect(await late.execute('k', async () => 'new')).toBe('new');
    expect(late.stats()).toMatchObject({ hits: 0, misses: 1, expired: 1 });
    expect(await cache({ now }).get('k')).toBe('new');
  });
}
