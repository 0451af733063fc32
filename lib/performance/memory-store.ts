import { refuse } from '../errors';
import type { CacheEntry, CacheStore } from './cache-store';

interface Slot {
  readonly namespace: string;
  readonly entry: CacheEntry;
}

/** Keeps entries in this process, at most `maxEntries`; the least recently used goes first. */
export class MemoryStore implements CacheStore {
  /** From the least to the most recently used: a Map iterates in order of insertion. */
  private readonly slots = new Map<string, Slot>();

  /** @throws InputError when `maxEntries` (default 10,000) is not a positive integer. */
  constructor(private readonly maxEntries = 10_000) {
    if (!Number.isInteger(maxEntries) || maxEntries < 1)
      throw refuse('cache-max-entries', `a cache cannot hold ${maxEntries} entries`, 'give 1 or more');
  }

  async get(namespace: string, key: string): Promise<CacheEntry | undefined> {
    const id = slotId(namespace, key);
    const slot = this.slots.get(id);
    if (slot === undefined) return undefined;
    this.slots.delete(id);
    this.slots.set(id, slot);
    return slot.entry;
  }

  async set(namespace: string, key: string, entry: CacheEntry): Promise<void> {
    const id = slotId(namespace, key);
    this.slots.delete(id);
    this.slots.set(id, { namespace, entry });
    if (this.slots.size > this.maxEntries) this.slots.delete(this.slots.keys().next().value!);
  }

  async delete(namespace: string, key: string): Promise<void> {
    this.slots.delete(slotId(namespace, key));
  }

  size(namespace?: string): number {
    if (namespace === undefined) return this.slots.size;
    let count = 0;
    for (const slot of this.slots.values()) if (slot.namespace === namespace) count += 1;
    return count;
  }

  async clear(namespace?: string): Promise<void> {
    for (const [id, slot] of this.slots)
      if (namespace === undefined || slot.namespace === namespace) this.slots.delete(id);
  }
}

/** JSON rather than a separator, which a name could contain. */
function slotId(namespace: string, key: string): string {
  return JSON.stringify([namespace, key]);
}
