import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileStore } from '../performance/file-store';
import { sizeOnDisk } from '../performance/size-on-disk';
import { GATE_PASSES } from './gate-passes';

/** Where files of remembered gates are kept: a folder for each pass, by its key. */
export const keptArtifacts = (home: string) => join(home, 'artifacts');

/** Of all of them together. What a run keeps may exceed it until the next one starts. */
export const MAX_ARTIFACT_BYTES = 2 * 2 ** 30;

/**
 * Removes what is kept of passes that are no longer remembered, and of those that were used least recently as far as
 * all are too large; these are forgotten. For who holds the lock of the folder: a run keeps files before it remembers
 * the pass.
 */
export async function sweepArtifacts(
  home: string,
  cache: FileStore,
  maxBytes = MAX_ARTIFACT_BYTES,
): Promise<void> {
  const folder = keptArtifacts(home);
  const kept = await readdir(folder).catch(() => []);
  if (kept.length === 0) return;
  const uses = cache.uses(GATE_PASSES);
  const newestFirst = kept.toSorted((a, b) => (uses.get(b) ?? 0) - (uses.get(a) ?? 0));
  let bytes = 0;
  for (const key of newestFirst) {
    const isKnown = uses.has(key);
    if (isKnown) bytes += await sizeOnDisk(join(folder, key));
    if (isKnown && bytes <= maxBytes) continue;
    // Forgotten first: a pass without its files would be found and come to nothing.
    if (isKnown) await cache.delete(GATE_PASSES, key);
    await rm(join(folder, key), { recursive: true, force: true });
  }
}
