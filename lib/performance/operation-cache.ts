import { refuse } from '../errors';
import type { CacheStore } from './cache-store';
import { encodeCacheable } from './cacheable';
import { MemoryStore } from './memory-store';

export interface OperationCacheOptions {
  /** Where entries are kept; default: in memory, at most 10,000. */
  readonly store?: CacheStore;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
  /** Caches that share a store and a namespace share their entries. Default `default`. */
  readonly namespace?: string;
  /** Told when the store fails; the operation goes on as after a miss. */
  readonly onError?: (error: unknown, action: 'read' | 'write', key: string) => void;
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

/**
 * Remembers results of operations for a time. Values are plain JSON data (`null` is a value); a hit is a
 * copy, so changing it changes nothing here. A store that fails costs a miss, never the operation.
 *
 * Disabled, it stays out of the way entirely: every call runs its own operation, concurrent ones too,
 * nothing is stored, and nothing counts.
 */
export class OperationCache<T> {
  private readonly flights = new Map<string, Promise<T>>();
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
    private readonly enabled: boolean,
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
    const value = await this.read(key);
    if (value === undefined) this.misses += 1;
    else this.hits += 1;
    return value;
  }

  /** @throws InputError when the value is not plain JSON data (enabled caches only) */
  async set(key: string, value: T): Promise<void> {
    if (this.enabled) await this.write(key, value);
  }

  /**
   * The value of a key; where there is none, that of `fn`, which is then remembered. Concurrent calls
   * with one key run one `fn` and share its value. If it fails, all of them fail, nothing is remembered,
   * and the next call tries again.
   * @throws what `fn` throws; InputError when its value is not plain JSON data
   */
  async execute(key: string, fn: () => Promise<T>): Promise<T> {
    if (!this.enabled) return fn();
    const running = this.flights.get(key);
    if (running !== undefined) return this.join(running);
    const flight = this.readOrRun(key, fn).finally(() => this.flights.delete(key));
    this.flights.set(key, flight);
    return flight;
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
    const known = await this.get(key);
    if (known !== undefined) return known;
    const value = await fn();
    await this.write(key, value);
    return value;
  }

  private async read(key: string): Promise<T | undefined> {
    try {
      const entry = await this.store.get(this.namespace, key);
      if (entry === undefined) return undefined;
      if (this.now() < entry.expiresAt) return JSON.parse(entry.json) as T;
      this.expired += 1;
      await this.store.delete(this.namespace, key);
    } catch (error) {
      this.options.onError?.(error, 'read', key);
    }
    return undefined;
  }

  private async write(key: string, value: T): Promise<void> {
    const json = encodeCacheable(value);
    const expiresAt = Math.floor(this.now() + this.ttlSeconds * 1000);
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
