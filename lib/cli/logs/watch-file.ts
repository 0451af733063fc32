import { existsSync, type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Calls whenever a file changes, or comes to be. Where nothing can be watched (a system that is out of watches, a
 * folder that is gone) it never calls: whoever needs to know has to look now and then as well.
 * @param root a folder around the file; nothing above it is watched
 * @returns ends it
 */
export function watchFileIn(root: string, file: string, onChange: () => void): () => void {
  let watcher: FSWatcher | undefined;
  let closed = false;
  const close = () => {
    watcher?.close();
    watcher = undefined;
  };
  /** On the file, or else on the nearest folder that is there. */
  const attach = () => {
    close();
    for (let at = file, below: string | undefined; !closed; below = at, at = dirname(at)) {
      watcher = tryWatch(at, () => {
        if (at !== file) attach();
        onChange();
      });
      if (watcher !== undefined) {
        // Made between the two tries.
        if (below !== undefined && existsSync(below)) attach();
        return;
      }
      if (at === root || dirname(at) === at) return;
    }
  };
  attach();
  return () => {
    closed = true;
    close();
  };
}

function tryWatch(path: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, onEvent);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
