import type { CacheStore } from '../../lib/performance/cache-store';
import { FarStore } from '../../lib/performance/far-store';
import { MemoryStore } from '../../lib/performance/memory-store';
import { OperationCache } from '../../lib/performance/operation-cache';

const entry = { json: '1', writtenAt: 1, expiresAt: 4e12 };
const never = <R>() => new Promise<R>(() => {});

/** A store whose calls can be made to fail or to hang. */
class Unsteady extends MemoryStore {
  calls = 0;
  override get: CacheStore['get'] = async (namespace, key) => {
    this.calls += 1;
    if (this.fails.read !== undefined) return this.fails.read();
    return super.get(namespace, key);
  };
  override set: CacheStore['set'] = async (namespace, key, value) => {
    this.calls += 1;
    if (this.fails.write !== undefined) return this.fails.write();
    return super.set(namespace, key, value);
  };
  readonly fails: { read?: () => Promise<never>; write?: () => Promise<never> } = {};
}

describe('a store that is far away', () => {
  const lost = async () => {
    throw new Error('lost');
  };

  it('reads and writes, and takes nothing away that is for others too', async () => {
    const store = new MemoryStore();
    const far = new FarStore(async () => store);
    await far.set('n', 'k', entry);
    expect(await store.get('n', 'k')).toEqual(entry);
    await far.delete();
    await far.clear();
    expect(await far.get('n', 'k')).toEqual(entry);
    expect(await far.get('n', 'other')).toBeUndefined();
  });

  it('is waited for while it is opened, though not for ever', async () => {
    const store = new MemoryStore();
    await store.set('n', 'k', entry);
    const opening = Promise.withResolvers<CacheStore>();
    const far = new FarStore(() => opening.promise);
    const read = far.get('n', 'k');
    opening.resolve(store);
    expect(await read).toEqual(entry);
    await expect(new FarStore(never, { openingMs: 1 }).get('n', 'k')).rejects.toThrow(
      'could not be opened within',
    );
    await expect(new FarStore(lost).get('n', 'k')).rejects.toThrow('lost');
  });

  it('is not asked any more once it has failed often in a row, reading and writing apart', async () => {
    const store = new Unsteady();
    const far = new FarStore(async () => store, { maxFailures: 2, timeoutMs: 1 });
    store.fails.write = lost;
    for (let k = 0; k < 4; k++)
      await expect(far.set('n', 'k', entry)).rejects.toThrow(k < 2 ? 'lost' : 'too often');
    expect(store.calls).toBe(2);
    store.fails.read = never;
    await expect(far.get('n', 'k')).rejects.toThrow('no answer within 1 ms');
    delete store.fails.read;
    // It was not in a row.
    expect(await far.get('n', 'k')).toBeUndefined();
    store.fails.read = lost;
    for (let k = 0; k < 3; k++) await expect(far.get('n', 'k')).rejects.toThrow();
    expect(store.calls).toBe(6);
  });

  it('costs an operation nothing but a miss, and does its work once', async () => {
    const store = new Unsteady();
    store.fails.read = lost;
    store.fails.write = lost;
    const errors: unknown[] = [];
    const cache = new OperationCache<number>(60, true, {
      store: new FarStore(async () => store),
      onError: (error) => void errors.push(error),
    });
    let runs = 0;
    const run = async () => ++runs;
    expect(await Promise.all([cache.execute('k', run), cache.execute('k', run)])).toEqual([1, 1]);
    expect(errors).toHaveLength(2);
  });
});
