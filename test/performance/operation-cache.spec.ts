import fc from 'fast-check';
import type { CacheStore } from '../../lib/performance/cache-store';
import { MemoryStore } from '../../lib/performance/memory-store';
import { OperationCache, type OperationCacheOptions } from '../../lib/performance/operation-cache';

/** A cache on a clock of its own, and a function that counts its runs. */
function setUp<T>(value: T, options: OperationCacheOptions = {}, enabled = true) {
  const clock = { ms: 1_000_000 };
  const cache = new OperationCache<T>(10, enabled, { now: () => clock.ms, ...options });
  const fn = jest.fn(async () => value);
  return { cache, clock, fn };
}

describe('operation cache', () => {
  it('runs an operation once and then answers from memory', async () => {
    const { cache, fn } = setUp({ order: ['a', 'b'] });
    expect(await cache.execute('k', fn)).toEqual({ order: ['a', 'b'] });
    expect(await cache.execute('k', fn)).toEqual({ order: ['a', 'b'] });
    expect(fn).toHaveBeenCalledTimes(1);
    expect(cache.stats()).toEqual({ hits: 1, misses: 1, expired: 0, size: 1, hitRate: 0.5 });
  });

  it('forgets a value at the end of its time, whatever the store still holds', async () => {
    const store = new MemoryStore();
    const { cache, clock, fn } = setUp('v', { store });
    await cache.execute('k', fn);
    clock.ms += 9_999;
    expect(await cache.get('k')).toBe('v');
    clock.ms += 1;
    expect(store.size()).toBe(1);
    expect(await cache.get('k')).toBeUndefined();
    expect(cache.stats()).toEqual({ hits: 1, misses: 2, expired: 1, size: 0, hitRate: 1 / 3 });
    await cache.execute('k', fn);
    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('forgets a value at the end of its own time, whoever has stored it for longer or shorter', async () => {
    const store = new MemoryStore();
    const clock = { ms: 1_000_000 };
    const open = (seconds: number) =>
      new OperationCache<string>(seconds, true, { store, now: () => clock.ms });
    await open(3600).set('long', 'v');
    await open(1).set('short', 'v');
    clock.ms += 999;
    expect(await open(10).get('short')).toBe('v');
    clock.ms += 1;
    expect(await open(10).get('short')).toBeUndefined();
    expect(await open(2).get('long')).toBe('v');
    clock.ms += 1_000;
    expect(await open(2).get('long')).toBeUndefined();
  });

  it('takes a value for too old that was written after a clock was set back, but for what clocks differ', async () => {
    const { cache, clock } = setUp('v');
    await cache.set('k', 'v');
    clock.ms -= 60_000;
    expect(await cache.get('k')).toBe('v');
    clock.ms -= 1;
    expect(await cache.get('k')).toBeUndefined();
    expect(cache.stats()).toMatchObject({ expired: 1, size: 0 });
  });

  it('runs one operation for concurrent calls with one key, others for other keys', async () => {
    const { cache, fn } = setUp(1);
    const keys = ['a', 'a', 'b', 'a', 'b'];
    await Promise.all(keys.map((key) => cache.execute(key, fn)));
    expect(fn).toHaveBeenCalledTimes(2);
    expect(cache.stats()).toMatchObject({ hits: 3, misses: 2 });
  });

  it('fails all waiters with the failure, remembers none, and tries again', async () => {
    const { cache, fn } = setUp('v');
    const failure = new Error('boom');
    const failing = jest.fn(() => Promise.reject(failure));
    const results = await Promise.allSettled([cache.execute('k', failing), cache.execute('k', failing)]);
    expect(results.map((r) => r.status === 'rejected' && r.reason)).toEqual([failure, failure]);
    expect(failing).toHaveBeenCalledTimes(1);
    expect(await cache.execute('k', fn)).toBe('v');
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 3, size: 1 });
  });

  it('refuses an operation that asks for its own key, also by way of another, rather than wait forever', async () => {
    const { cache, fn } = setUp('v');
    await expect(cache.execute('a', () => cache.execute('a', fn))).rejects.toThrow('"a" waits for its own');
    const around = cache.execute('a', () => cache.execute('b', () => cache.execute('a', fn)));
    await expect(around).rejects.toThrow('"a" waits for its own result');
    expect(fn).not.toHaveBeenCalled();
    expect(await cache.execute('a', () => cache.execute('b', fn))).toBe('v');
  });

  it('refuses operations that wait for each other across chains and caches, rather than wait forever', async () => {
    const [one, other] = [setUp('v').cache, setUp('v').cache];
    const begun = Promise.withResolvers<void>();
    const first = one.execute('a', async () => {
      await begun.promise;
      return other.execute('b', async () => 'never');
    });
    const second = other.execute('b', async () => {
      begun.resolve();
      return one.execute('a', async () => 'never');
    });
    const results = await Promise.allSettled([first, second]);
    for (const result of results)
      expect(result).toMatchObject({ reason: { problems: [{ code: 'cache-cycle' }] } });
    const { cache, fn } = setUp('v');
    expect(await cache.execute('b', () => cache.execute('a', fn))).toBe('v');
  });

  it('lets an operation start others that wait for it, as long as it does not wait for them', async () => {
    const { cache, fn } = setUp('v');
    let background: Promise<string> | undefined;
    const value = await cache.execute('a', async () => {
      background = cache.execute('b', async () => `after ${await cache.execute('a', fn)}`);
      return 'first';
    });
    expect([value, await background]).toEqual(['first', 'after first']);
    expect(fn).not.toHaveBeenCalled();
  });

  it('gives each caller a value of its own, also those that joined', async () => {
    const { cache, fn } = setUp({ list: [1] });
    const values = await Promise.all([1, 2, 3].map(() => cache.execute('k', fn)));
    values[0]!.list.push(2);
    expect([values[1], values[2], await cache.get('k')]).toEqual(Array(3).fill({ list: [1] }));
    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('lets an operation wait for one that another call has started', async () => {
    const { cache, fn } = setUp('v');
    const first = cache.execute('a', fn);
    const second = cache.execute('b', () => cache.execute('a', fn));
    expect(await Promise.all([first, second])).toEqual(['v', 'v']);
    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('is enabled unless told otherwise', async () => {
    const cache = new OperationCache<number>(10);
    await cache.set('k', 1);
    expect(await cache.get('k')).toBe(1);
  });

  it('fails like a rejection when the operation throws at once', async () => {
    const { cache } = setUp('v');
    const fn = () => {
      throw new Error('at once');
    };
    await expect(cache.execute('k', fn)).rejects.toThrow('at once');
    await expect(cache.execute('k', fn)).rejects.toThrow('at once');
  });

  it('remembers null', async () => {
    const { cache, fn } = setUp(null);
    expect(await cache.execute('k', fn)).toBeNull();
    expect(await cache.execute('k', fn)).toBeNull();
    expect(fn).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['undefined', undefined],
    ['a Date', { at: new Date() }],
    ['a Map', new Map([[1, 2]])],
    ['NaN', [Number.NaN]],
    ['a hole', [undefined]],
    ['a function', { f: () => 1 }],
    ['a bigint', 1n],
    ['a toJSON method', { toJSON: () => 'other' }],
    ['an error', new Error('x')],
  ])('refuses a value that would not come back as it went in: %s', async (_, value) => {
    const { cache, fn } = setUp<unknown>(value);
    await expect(cache.execute('k', fn)).rejects.toMatchObject({ problems: [{ code: 'not-cacheable' }] });
    await expect(cache.set('k', value)).rejects.toMatchObject({ problems: [{ code: 'not-cacheable' }] });
    expect(cache.stats().size).toBe(0);
  });

  it('refuses a cycle', async () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    await expect(setUp(cycle).cache.set('k', cycle)).rejects.toThrow('plain JSON');
  });

  it('gives back any JSON value as it was, each time as a copy', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (value) => {
        const { cache } = setUp<unknown>(value);
        await cache.set('k', value);
        const [first, second] = [await cache.get('k'), await cache.get('k')];
        expect(first).toEqual(JSON.parse(JSON.stringify(value)));
        if (typeof first === 'object' && first !== null) expect(first).not.toBe(second);
      }),
    );
  });

  it('keeps apart caches that share a store under different namespaces', async () => {
    const store = new MemoryStore();
    const orders = setUp('order', { store, namespace: 'order' });
    const files = setUp('file', { store, namespace: 'file' });
    await orders.cache.execute('k', orders.fn);
    expect(await files.cache.execute('k', files.fn)).toBe('file');
    expect(await orders.cache.get('k')).toBe('order');
    expect(files.cache.stats().size).toBe(1);
  });

  it('counts as a hit what an operation has got from another cache', async () => {
    const { cache } = setUp<unknown>('found');
    await cache.execute('k', async () => {
      cache.countFound();
      return 'found';
    });
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 0, hitRate: 1 });
  });

  it('disabled, runs every operation, concurrent ones too, and stores and counts nothing', async () => {
    const { cache, fn } = setUp<unknown>(new Date(), {}, false);
    await Promise.all([cache.execute('k', fn), cache.execute('k', fn)]);
    await cache.set('k', 1);
    expect(await cache.get('k')).toBeUndefined();
    expect(fn).toHaveBeenCalledTimes(2);
    expect(cache.stats()).toEqual({ hits: 0, misses: 0, expired: 0, size: 0, hitRate: 0 });
  });

  it('refuses a time to live that is not positive', () => {
    for (const ttl of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => new OperationCache(ttl, true)).toThrow('seconds');
  });

  it('never fails an operation because its store fails, and says that it did', async () => {
    const broken: CacheStore = {
      get: () => Promise.reject(new Error('read failed')),
      set: () => Promise.reject(new Error('write failed')),
      delete: () => Promise.reject(new Error('delete failed')),
      clear: () => Promise.reject(new Error('clear failed')),
      size: () => {
        throw new Error('size failed');
      },
    };
    const onError = jest.fn();
    const { cache, fn } = setUp('v', { store: broken, onError });
    expect(await cache.execute('k', fn)).toBe('v');
    expect(await cache.get('k')).toBeUndefined();
    expect(onError.mock.calls).toEqual([
      [new Error('read failed'), 'read', 'k'],
      [new Error('write failed'), 'write', 'k'],
      [new Error('read failed'), 'read', 'k'],
    ]);
    expect(cache.stats()).toEqual({ hits: 0, misses: 2, expired: 0, size: 0, hitRate: 0 });
  });

  it('takes an entry that is not JSON for a miss, and says so', async () => {
    const store = new MemoryStore();
    await store.set('default', 'k', { json: '{"half', writtenAt: 1_000_000, expiresAt: 9e15 });
    const onError = jest.fn();
    const { cache, fn } = setUp('v', { store, onError });
    expect(await cache.execute('k', fn)).toBe('v');
    expect(onError).toHaveBeenCalledWith(expect.any(SyntaxError), 'read', 'k');
    expect(await cache.get('k')).toBe('v');
  });

  it('in any interleaving, runs at most one operation of a key at a time and none that is known', async () => {
    const call = fc.record({ key: fc.constantFrom('a', 'b'), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(call, { maxLength: 12 }), async (s, calls) => {
        const { cache } = setUp('');
        const running = new Map<string, number>();
        const known = new Set<string>();
        const operation = (key: string, fails: boolean) => async () => {
          expect(known).not.toContain(key);
          expect(running.get(key) ?? 0).toBe(0);
          running.set(key, 1);
          await s.schedule(Promise.resolve(), `operation ${key}`);
          running.set(key, 0);
          if (fails) throw new Error(`failed ${key}`);
          known.add(key);
          return `value of ${key}`;
        };
        const results = calls.map(async ({ key, fails }) => {
          await s.schedule(Promise.resolve(), `call ${key}`);
          return cache.execute(key, operation(key, fails)).then(
            (value) => expect(value).toBe(`value of ${key}`),
            (error) => expect(error.message).toBe(`failed ${key}`),
          );
        });
        await s.waitFor(Promise.all(results));
        const { hits, misses, size } = cache.stats();
        expect(hits + misses).toBe(calls.length);
        expect(size).toBe(known.size);
      }),
    );
  });
});
