import type { CacheStore, Claims } from '../../lib/performance/cache-store';
import { MemoryStore } from '../../lib/performance/memory-store';
import { OperationCache } from '../../lib/performance/operation-cache';
import { claimsContract } from './claims.contract';

/** Claims in memory, on the clock of the machine. */
function memoryClaims(): Claims {
  const held = new Map<string, { owner: string; until: number }>();
  const id = (namespace: string, key: string) => JSON.stringify([namespace, key]);
  return {
    async claim(namespace, key, owner, ttlMs) {
      const there = held.get(id(namespace, key));
      if (there !== undefined && there.owner !== owner && there.until > Date.now()) return there.until;
      held.set(id(namespace, key), { owner, until: Date.now() + ttlMs });
      return undefined;
    },
    async release(namespace, key, owner) {
      if (held.get(id(namespace, key))?.owner === owner) held.delete(id(namespace, key));
    },
  };
}

describe('an operation cache on a store with claims', () => {
  const shared = () => Object.assign(new MemoryStore(), { claims: memoryClaims() });

  claimsContract(async () => {
    const store = shared();
    return () => store;
  });

  it('works as if there were none when they fail, and says so', async () => {
    const broken = () => Promise.reject(new Error('no claims'));
    const store: CacheStore = Object.assign(new MemoryStore(), {
      claims: { claim: broken, release: broken },
    });
    const onError = jest.fn();
    const cache = new OperationCache<string>(10, true, { store, onError });
    expect(await cache.execute('k', async () => 'v')).toBe('v');
    expect(onError.mock.calls).toEqual([
      [new Error('no claims'), 'claim', 'k'],
      [new Error('no claims'), 'claim', 'k'],
    ]);
    expect(await cache.get('k')).toBe('v');
  });

  it('asks for no claim when the value is there', async () => {
    const store = shared();
    const cache = new OperationCache<string>(10, true, { store });
    await cache.execute('k', async () => 'v');
    const claim = jest.spyOn(store.claims, 'claim');
    expect(await cache.execute('k', async () => 'w')).toBe('v');
    expect(claim).not.toHaveBeenCalled();
  });
});
