import { AsyncLocalStorage } from 'node:async_hooks';
import { refuse } from '../errors';
import type { CacheStore } from './cache-store';
import { encodeCacheable } from './cacheable';
import { runClaimed } from './claimed';
import { MemoryStore } from './memory-store';

export interface OperationCacheOptions {
  /** Where entries are kept; default: in memory, at most 10,000. */
  readonly store?: CacheStore;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
  /** Caches that share a store and a namespace share their entries. Default `default`. */
  readonly namespace?: string;
  /** Told when the store fails; the operation goes on as after a miss. */
  readonly onError?: (error: unknown, action: 'read' | 'write' | 'claim', key: string) => void;
  /**
   * How long others wait for a process that has died while it ran an operation, in milliseconds; default 30,000.
   * Only of concern to a store with claims.
   */
  readonly claimMs?: number;
}

export interface CacheStatistics {
  /** Reads answered without running the operation, those that joined one already running included. */
  readonly hits: number;
  readonly misses: number;
  /** Those misses whose entry was there, but too old. */
  readonly expired: number;
  /** Entries in the store under this cache's namespace. */
  readonly size: number;
  /** hits ÷ (hits + misses); 0 before the first read. */
  readonly hitRate: number;
}

/** What a store holds under a key; `expired`: a value that is too old. */
interface Found<T> {
  readonly value?: T;
  readonly expired?: boolean;
}

/** An operation that is running. */
interface Flight<T> {
  result?: Promise<T>;
}

/**
 * Remembers results of operations for a time. Values are plain JSON data (`null` is a value); a hit is a
 * copy, so changing it changes nothing here. A store that fails costs a miss, never the operation. Where the
 * store knows claims, processes that share it do the work of a key once, too.
 *
 * Disabled, it stays out of the way entirely: every call runs its own operation, concurrent ones too,
 * nothing is stored, and nothing counts.
 */
export class OperationCache<T> {
  private readonly flights = new Map<string, Flight<T>>();
  /** The flights that the current call is part of. */
  private readonly within = new AsyncLocalStorage<readonly Flight<T>[]>();
  private readonly store: CacheStore;
  private readonly namespace: string;
  private readonly now: () => number;
  private hits = 0;
  private misses = 0;
  private expired = 0;

  /**
   * @param ttlSeconds how long a value is valid
   * @throws InputError when `ttlSeconds` is not a positive number
   */
  constructor(
    private readonly ttlSeconds: number,
    private readonly enabled = true,
    private readonly options: OperationCacheOptions = {},
  ) {
    if (!(ttlSeconds > 0 && Number.isFinite(ttlSeconds)))
      throw refuse('cache-ttl', `a cache cannot keep values for ${ttlSeconds} seconds`, 'give more than 0');
    this.store = options.store ?? new MemoryStore();
    this.namespace = options.namespace ?? 'default';
    this.now = options.now ?? Date.now;
  }

  /** The value of a key, unless there is none or it has expired. */
  async get(key: string): Promise<T | undefined> {
    if (!this.enabled) return undefined;
    const found = await this.read(key);
    this.count(found);
    return found.value;
  }

  /** @throws InputError when the value is not plain JSON data (enabled caches only) */
  async set(key: string, value: T): Promise<void> {
    if (this.enabled) await this.write(key, value);
  }

  /**
   * The value of a key; where there is none, that of `fn`, which is then remembered. Concurrent calls
   * with one key run one `fn` and share its value. If it fails, all of them fail, nothing is remembered,
   * and the next call tries again.
   * @throws what `fn` throws; InputError when its value is not plain JSON data, or when `fn` asks for its own
   *   key, for which it would wait forever
   */
  async execute(key: string, fn: () => Promise<T>): Promise<T> {
    if (!this.enabled) return fn();
    const running = this.flights.get(key);
    const within = this.within.getStore() ?? [];
    if (running !== undefined && within.includes(running))
      throw refuse('cache-cycle', `the operation ${JSON.stringify(key)} waits for its own result`);
    if (running !== undefined) return this.join(running.result!);
    const flight: Flight<T> = {};
    this.flights.set(key, flight);
    flight.result = this.within
      .run([...within, flight], () => this.readOrRun(key, fn))
      .finally(() => this.flights.delete(key));
    return flight.result;
  }

  stats(): CacheStatistics {
    const { hits, misses, expired } = this;
    const reads = hits + misses;
    return { hits, misses, expired, size: this.size(), hitRate: reads === 0 ? 0 : hits / reads };
  }

  private async join(running: Promise<T>): Promise<T> {
    try {
      const value = await running;
      this.hits += 1;
      return value;
    } catch (error) {
      this.misses += 1;
      throw error;
    }
  }

  private async readOrRun(key: string, fn: () => Promise<T>): Promise<T> {
    const found = await this.read(key);
    const { claims } = this.store;
    if (found.value !== undefined || claims === undefined) return this.settle(key, found, fn);
    const { namespace, now } = this;
    const options = { namespace, key, now, ttlMs: this.options.claimMs ?? 30_000 };
    return runClaimed(claims, {
      ...options,
      onError: (error) => this.options.onError?.(error, 'claim', key),
      read: async () => (await this.read(key)).value,
      known: (value) => this.settle(key, { value }, fn),
      run: () => this.settle(key, found, fn),
    });
  }

  /** What was found, or what comes of the operation, which is then remembered. */
  private async settle(key: string, found: Found<T>, fn: () => Promise<T>): Promise<T> {
    this.count(found);
    if (found.value !== undefined) return found.value;
    const value = await fn();
    await this.write(key, value);
    return value;
  }

  private count({ value, expired }: Found<T>): void {
    if (value !== undefined) this.hits += 1;
    else this.misses += 1;
    if (expired) this.expired += 1;
  }

  private async read(key: string): Promise<Found<T>> {
    let expired = false;
    try {
      const entry = await this.store.get(this.namespace, key);
      if (entry === undefined) return {};
      if (this.now() < entry.expiresAt) return { value: JSON.parse(entry.json) as T };
      expired = true;
      // With claims, another process may have put a new value there meanwhile.
      if (this.store.claims === undefined) await this.store.delete(this.namespace, key);
    } catch (error) {
      this.options.onError?.(error, 'read', key);
    }
    return { expired };
  }

  private async write(key: string, value: T): Promise<void> {
    const json = encodeCacheable(value);
    // Beyond it a store could not keep the time exactly.
    const expiresAt = Math.min(Math.floor(this.now() + this.ttlSeconds * 1000), Number.MAX_SAFE_INTEGER);
    try {
      await this.store.set(this.namespace, key, { json, expiresAt });
    } catch (error) {
      this.options.onError?.(error, 'write', key);
    }
  }

  private size(): number {
    try {
      return this.enabled ? this.store.size(this.namespace) : 0;
    } catch {
      return 0;
    }
  }
}
