import type { CacheEntry, CacheStore } from './cache-store';

export interface FarStoreOptions {
  /** How long one call is waited for, in milliseconds. Default 2,000. */
  readonly timeoutMs?: number;
  /** How long opening is waited for, in milliseconds. Default 10,000. */
  readonly openingMs?: number;
  /** After so many calls in a row that failed it is not asked any more. Default 3. */
  readonly maxFailures?: number;
}

/**
 * A store that is a network away, for those who would rather do without it than wait: each call has a time limit, and
 * one that fails often is given up; from then on every call rejects at once. Reading and writing are given up
 * one by one: who may read need not be one who may write.
 */
export class FarStore implements CacheStore {
  private readonly opened: Promise<CacheStore>;
  private readonly failures = { read: 0, write: 0 };
  private readonly timeoutMs: number;
  private readonly maxFailures: number;

  /** @param open called at once, and waited for by the calls that come meanwhile */
  constructor(open: () => Promise<CacheStore>, options: FarStoreOptions = {}) {
    this.timeoutMs = options.timeoutMs ?? 2_000;
    this.maxFailures = options.maxFailures ?? 3;
    this.opened = within(open(), options.openingMs ?? 10_000, 'it could not be opened');
    // Told to those who call.
    this.opened.catch(() => {});
  }

  get(namespace: string, key: string): Promise<CacheEntry | undefined> {
    return this.call('read', (store) => store.get(namespace, key));
  }

  set(namespace: string, key: string, entry: CacheEntry): Promise<void> {
    return this.call('write', (store) => store.set(namespace, key, entry));
  }

  /** Nothing: what is there is for others too. */
  async delete(): Promise<void> {}

  /** 0: it would have to be asked. */
  size(): number {
    return 0;
  }

  /** Nothing: what is there is for others too. */
  async clear(): Promise<void> {}

  private async call<R>(kind: 'read' | 'write', action: (store: CacheStore) => Promise<R>): Promise<R> {
    const store = await this.opened;
    if (this.failures[kind] >= this.maxFailures) throw new Error('it has failed too often');
    try {
      const result = await within(action(store), this.timeoutMs, 'no answer');
      this.failures[kind] = 0;
      return result;
    } catch (error) {
      this.failures[kind] += 1;
      throw error;
    }
  }
}

function within<R>(promise: Promise<R>, ms: number, what: string): Promise<R> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
