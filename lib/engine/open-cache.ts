import { join } from 'node:path';
import type { Note } from '../discover/note';
import { InputError } from '../errors';
import type { CacheStore } from '../performance/cache-store';
import { FileStore } from '../performance/file-store';
import { MemoryStore } from '../performance/memory-store';
import { openHomeIfOurs } from '../repository/home';

export interface OpenedCache {
  readonly store: CacheStore;
  /** The same where it lasts. */
  readonly file?: FileStore;
  /** What there is to say of it. */
  readonly notes: readonly Note[];
  close(): void;
}

export const cacheFile = (home: string) => join(home, 'cache.db');

/**
 * The cache of a `.lex-pr` folder. Where it cannot be used, one that is forgotten with this process, and a warning:
 * a cache that fails costs misses, never the operation.
 */
export function openCache(home: string): OpenedCache {
  try {
    const store = new FileStore(cacheFile(home));
    return { store, file: store, notes: [], close: () => store.close() };
  } catch (error) {
    return forgetful((error as Error).message);
  }
}

/** The same for who has no other use for the folder: it may be impossible to make. */
export async function openCacheOf(cwd: string): Promise<OpenedCache> {
  try {
    const home = await openHomeIfOurs(cwd);
    return home === undefined ? { store: new MemoryStore(), notes: [], close() {} } : openCache(home);
  } catch (error) {
    if (!(error instanceof InputError) || error.problems[0]?.code !== 'no-home') throw error;
    return forgetful(error.message);
  }
}

function forgetful(why: string): OpenedCache {
  const message = `the cache cannot be used, and nothing is remembered: ${why}; lex-pr doctor says what mends it`;
  return { store: new MemoryStore(), notes: [{ event: 'no-cache', message, warn: true }], close() {} };
}
