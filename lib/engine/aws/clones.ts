import { readdir, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../../errors';
import { sizeOnDisk } from '../../performance/size-on-disk';
import { GitError } from '../../repository/git';
import { openPrivate } from '../../repository/private';
import type { Source } from '../../repository/source';
import { remove } from '../../repository/sweep';

/**
 * Makes the private repository of a source ready for one process that has `home` for itself: what a process
 * that died has left half done goes, and so do clones while all together hold more than `maxBytes`: first
 * those of other sources, the one least recently used before the others, in the end its own.
 */
export async function tidyClones(home: string, source: Source, maxBytes: number): Promise<void> {
  const { gitDir } = await openPrivate(home, source);
  await removeHalfDone(gitDir);
  const now = new Date();
  await utimes(gitDir, now, now);
  const folder = dirname(gitDir);
  const clones = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name);
      return { name, path, bytes: await sizeOnDisk(path), usedAt: (await stat(path)).mtimeMs };
    }),
  );
  const own = basename(gitDir);
  clones.sort((a, b) => Number(a.name === own) - Number(b.name === own) || a.usedAt - b.usedAt);
  let bytes = clones.reduce((sum, clone) => sum + clone.bytes, 0);
  for (const clone of clones) {
    // One that openPrivate had not finished is of no use.
    if (bytes <= maxBytes && clone.name.endsWith('.git')) continue;
    await remove(clone.path);
    bytes -= clone.bytes;
  }
}

/** Git's words for a repository that it cannot go on with: a child was killed while it wrote, the disk is bad. */
const DAMAGE =
  /is corrupt|is empty|bad (tree )?object|bad config|not a git repository|not something we can merge|did not send all necessary objects|git cat-file ended|is not in the repository/;

/** Whether an error is one that a new clone may mend. */
export function isDamage(error: unknown): boolean {
  if (error instanceof InputError) return false;
  return DAMAGE.test(error instanceof GitError ? error.stderr : String(error));
}

/** Removes all clones: what has damaged one may have damaged others. */
export async function removeClones(home: string): Promise<void> {
  await remove(join(home, 'repositories'));
}

/** Locks, and files that git gives their name when they are complete. */
const HALF_DONE = /\.lock$|^tmp_(obj|pack|idx|rev|bitmap)_/;

async function removeHalfDone(gitDir: string): Promise<void> {
  for (const entry of await readdir(gitDir, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && HALF_DONE.test(entry.name)) await remove(join(entry.parentPath, entry.name));
}
