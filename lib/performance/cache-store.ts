/** What a store keeps: a value as JSON text, when it was written and when it ceases to be valid (milliseconds since 1970). */
export interface CacheEntry {
  readonly json: string;
  readonly writtenAt: number;
  readonly expiresAt: number;
}

/**
 * Where an OperationCache keeps its entries. A store is bounded and may drop any entry at any time; it
 * may hand out expired ones, because the cache looks at its times itself. Entries of one namespace
 * never show in another. Every method may reject; the cache then treats a read as a miss.
 */
export interface CacheStore {
  get(namespace: string, key: string): Promise<CacheEntry | undefined>;
  /** Replaces what is there. */
  set(namespace: string, key: string, entry: CacheEntry): Promise<void>;
  /**
   * The entries of many keys at once, by key, each as `get` gives it; where one was set just before, it may be the one of
   * before. Left out by a store that is no faster by it; so is `setMany`.
   */
  getMany?(namespace: string, keys: readonly string[]): Promise<ReadonlyMap<string, CacheEntry>>;
  /** Sets many entries, not necessarily together: should it fail, some may be set. */
  setMany?(namespace: string, entries: ReadonlyMap<string, CacheEntry>): Promise<void>;
  delete(namespace: string, key: string): Promise<void>;
  /**
   * Entries held now, of one namespace or of all, expired ones that are not yet dropped included.
   * Synchronous, for statistics: a store that would have to ask a server answers what it knows.
   */
  size(namespace?: string): number;
  /** Drops the entries of one namespace, or all. */
  clear(namespace?: string): Promise<void>;
  /** Where the store is shared by processes that could do the same work at once. */
  readonly claims?: Claims;
}

/** Who is at work on the value of a key. A claim ends when it is released, or by itself when its holder died. */
export interface Claims {
  /**
   * Claims a key for `ttlMs` milliseconds from now, or goes on with the claim that the owner has.
   * @returns until when another owner has it, in milliseconds since 1970; undefined: it is the caller's now
   */
  claim(namespace: string, key: string, owner: string, ttlMs: number): Promise<number | undefined>;
  /** Nothing happens when the claim is another owner's. */
  release(namespace: string, key: string, owner: string): Promise<void>;
}
