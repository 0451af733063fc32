import { existsSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GitResult } from '../repository/git';
import { userGit } from './user-git';
import type { WorkTree } from './work-trees';

/** A lock that is held for longer than this is taken for left behind. */
const LOCK_MS = 1000;

/** How often the index may be locked anew, by one process after another, before we give up. */
const ATTEMPTS = 10;

/**
 * Runs a git command that writes the index. git does not wait for the lock of an index as it does for those
 * of refs, but whoever watches the repository, such as an editor, looks at it just when a branch has moved.
 * @returns also exit code 128, with git's words
 */
export async function writeIndex(tree: WorkTree, args: readonly string[]): Promise<GitResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await userGit(tree, args, { allow: [0, 128] });
    const locked = result.exitCode !== 0 && result.stderr.includes('index.lock');
    if (!locked || attempt === ATTEMPTS || !(await indexUnlocked(tree))) return result;
  }
}

/** Waits until nobody holds the index's lock; false when it stays. */
export function indexUnlocked({ gitDir }: WorkTree): Promise<boolean> {
  const lock = join(gitDir, 'index.lock');
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      watcher.close();
      resolve(!existsSync(lock));
    };
    const look = () => {
      if (!existsSync(lock)) finish();
    };
    const watcher = watch(dirname(lock), look).on('error', finish);
    const timer = setTimeout(finish, LOCK_MS);
    look();
  });
}
