import { realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';

/** Whether a path is the folder or below it; both absolute and without symbolic links. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/**
 * Why a gate cannot run in `cwd` of a work tree, or undefined where it can.
 * @param workTree absolute, without symbolic links
 */
export function cwdProblem(workTree: string, cwd: string): string | undefined {
  // The work tree itself, as for most gates: whoever starts them finds out.
  if (cwd === '.') return undefined;
  const path = join(workTree, cwd);
  try {
    if (!isInside(workTree, realpathSync.native(path))) return `cwd leads out of the work tree: ${cwd}`;
    return statSync(path).isDirectory() ? undefined : `cwd is not a folder: ${cwd}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return `cwd does not exist: ${cwd}`;
    return `cwd cannot be entered (${code}): ${cwd}`;
  }
}
