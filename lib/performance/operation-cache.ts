import { refuse } from '../errors';
import type { CacheEntry, CacheStore } from './cache-store';
import { encodeCacheable } from './cacheable';
import { runClaimed } from './claimed';
import { Arrival, type Flight, takeOff } from './flight';
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

/** What a store holds under a key, as JSON; `expired`: a value that is too old. */
interface Found {
  readonly json?: string;
  readonly expired?: boolean;
}

/** How far apart the clocks of processes that share a store may be, in milliseconds. */
const CLOCK_SKEW = 60_000;

/**
 * Remembers results of operations for a time. Values are plain JSON data (`null` is a value); each caller
 * gets a copy of its own, so changing it changes nothing here. A store that fails costs a miss, never the operation. Where the
 * store knows claims, processes that share it do the work of a key once, too.
 *
 * Disabled, it stays out of the way entirely: every call runs its own operation, concurrent ones too,
 * nothing is stored, and nothing counts.
 */
export class OperationCache<T> {
  private readonly flights = new Map<string, { readonly flight: Flight; readonly result: Promise<string> }>();
  private readonly store: CacheStore;
  private readonly namespace: string;
  private readonly now: () => number;
  private hits = 0;
  private misses = 0;
  private expired = 0;

  /**
   * @param ttlSeconds how long a value is valid, whoever has stored it; shorter where that was for a shorter time
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
    return found.json === undefined ? undefined : JSON.parse(found.json);
  }

  /** @throws InputError when the value is not plain JSON data (enabled caches only) */
  async set(key: string, value: T): Promise<void> {
    if (this.enabled) await this.write(key, value);
  }

  /** The values of many keys, by key; those that there are none of, or that have expired, are left out. */
  async getMany(keys: readonly string[]): Promise<Map<string, T>> {
    const values = new Map<string, T>();
    if (!this.enabled || keys.length === 0) return values;
    const found = await this.readMany([...new Set(keys)]);
    for (const [key, each] of found) {
      this.count(each);
      if (each.json !== undefined) values.set(key, JSON.parse(each.json));
    }
    return values;
  }

  /** @throws InputError when a value is not plain JSON data (enabled caches only) */
  async setMany(values: ReadonlyMap<string, T>): Promise<void> {
    if (!this.enabled || values.size === 0) return;
    const { store, namespace } = this;
    const [first] = values.keys();
    const entries = new Map(Array.from(values, ([key, value]) => [key, this.entryOf(value)]));
    try {
      if (store.setMany !== undefined) await store.setMany(namespace, entries);
      else for (const [key, entry] of entries) await store.set(namespace, key, entry);
    } catch (error) {
      this.options.onError?.(error, 'write', first!);
    }
  }

  /**
   * The value of a key; where there is none, that of `fn`, which is then remembered. Concurrent calls
   * with one key run one `fn` and share its value. If it fails, all of them fail, nothing is remembered,
   * and the next call tries again.
   * @throws what `fn` throws; InputError when its value is not plain JSON data, or when `fn` waits for a result
   *   that itself waits for that of `fn`
   */
  execute(key: string, fn: () => Promise<T>): Promise<T> {
    if (!this.enabled) return Promise.resolve().then(fn);
    const running = this.flights.get(key);
    if (running !== undefined) return Arrival.of(running.flight, this.join(running.result));
    const { flight, result } = takeOff(key, () => this.readOrRun(key, fn));
    this.flights.set(key, { flight, result });
    const left = result.finally(() => this.flights.delete(key));
    return Arrival.of(
      flight,
      left.then((json): T => JSON.parse(json)),
    );
  }

  /** Counts what `execute` had to ask for as found: its operation has got the value from another cache. */
  countFound(): void {
    if (!this.enabled) return;
    this.misses -= 1;
    this.hits += 1;
  }

  stats(): CacheStatistics {
    const { hits, misses, expired } = this;
    const reads = hits + misses;
    return { hits, misses, expired, size: this.size(), hitRate: reads === 0 ? 0 : hits / reads };
  }

  private async join(running: Promise<string>): Promise<T> {
    try {
      const json = await running;
      this.hits += 1;
      return JSON.parse(json);
    } catch (error) {
      this.misses += 1;
      throw error;
    }
  }

  private async readOrRun(key: string, fn: () => Promise<T>): Promise<string> {
    const found = await this.read(key);
    const { claims } = this.store;
    if (found.json !== undefined || claims === undefined) return this.settle(key, found, fn);
    const { namespace, now } = this;
    const options = { namespace, key, now, ttlMs: this.options.claimMs ?? 30_000 };
    return runClaimed(claims, {
      ...options,
      onError: (error) => this.options.onError?.(error, 'claim', key),
      read: async () => (await this.read(key)).json,
      known: (json) => this.settle(key, { json }, fn),
      run: () => this.settle(key, found, fn),
    });
  }

  /** What was found, or what comes of the operation, which is then remembered. */
  private async settle(key: string, found: Found, fn: () => Promise<T>): Promise<string> {
    this.count(found);
    return found.json ?? this.write(key, await fn());
  }

  private count({ json, expired }: Found): void {
    if (json !== undefined) this.hits += 1;
    else this.misses += 1;
    if (expired) this.expired += 1;
  }

  private async readMany(keys: readonly string[]): Promise<Map<string, Found>> {
    const { store, namespace } = this;
    if (store.getMany === undefined) {
      const found = new Map<string, Found>();
      for (const key of keys) found.set(key, await this.read(key));
      return found;
    }
    const none = new Map<string, CacheEntry>();
    const entries = await store.getMany(namespace, keys).catch((error: unknown) => {
      this.options.onError?.(error, 'read', keys[0]!);
      return none;
    });
    return new Map(keys.map((key) => [key, this.judge(key, entries.get(key))]));
  }

  /** What an entry is worth. */
  private judge(key: string, entry: CacheEntry | undefined): Found {
    if (entry === undefined) return {};
    if (!this.isValid(entry)) return { expired: true };
    try {
      // It may be damaged.
      JSON.parse(entry.json);
      return { json: entry.json };
    } catch (error) {
      this.options.onError?.(error, 'read', key);
      return {};
    }
  }

  private async read(key: string): Promise<Found> {
    let expired = false;
    try {
      const found = this.judge(key, await this.store.get(this.namespace, key));
      if (!found.expired) return found;
      expired = true;
      // With claims, another process may have put a new value there meanwhile.
      if (this.store.claims === undefined) await this.store.delete(this.namespace, key);
    } catch (error) {
      this.options.onError?.(error, 'read', key);
    }
    return { expired };
  }

  /** By the shorter of the times that its writer and its reader keep it; what the future has written is not. */
  private isValid({ writtenAt, expiresAt }: CacheEntry): boolean {
    const now = this.now();
    return now < expiresAt && now < writtenAt + this.ttlSeconds * 1000 && writtenAt - now <= CLOCK_SKEW;
  }

  /** @returns the value as JSON */
  private async write(key: string, value: T): Promise<string> {
    const entry = this.entryOf(value);
    try {
      await this.store.set(this.namespace, key, entry);
    } catch (error) {
      this.options.onError?.(error, 'write', key);
    }
    return entry.json;
  }

  private entryOf(value: T): CacheEntry {
    const json = encodeCacheable(value);
    const writtenAt = Math.floor(this.now());
    // Beyond it a store could not keep the time exactly.
    const expiresAt = Math.min(Math.floor(writtenAt + this.ttlSeconds * 1000), Number.MAX_SAFE_INTEGER);
    return { json, writtenAt, expiresAt };
  }

  private size(): number {
    try {
      return this.enabled ? this.store.size(this.namespace) : 0;
    } catch {
      return 0;
    }
  }
}
