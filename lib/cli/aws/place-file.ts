import { randomUUID } from 'node:crypto';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { download } from '../../engine/aws/transfer';

/** A name that the file system, or another file of the run, leaves no place for. */
const NO_PLACE = new Set(['EISDIR', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY', 'ENAMETOOLONG', 'EINVAL', 'EILSEQ']);

/**
 * Downloads files into a folder, each whole or not at all. Names come from gates and are not to be trusted: nothing
 * is written outside of the folder, nor through a link in it.
 * @param folder absolute, and there
 * @param signal ends what is under way
 * @returns places one: false where its name has no place in the folder
 */
export function filePlacer(
  folder: string,
  signal: AbortSignal,
): (path: string, url: string) => Promise<boolean> {
  const made = new Map<string, Promise<void>>();
  /** Makes a folder below the folder, and those around it. */
  const make = (path: string): Promise<void> => {
    const known = made.get(path);
    if (known !== undefined) return known;
    const making = path === folder ? Promise.resolve() : make(dirname(path)).then(() => makeOne(path));
    made.set(path, making);
    return making;
  };
  return async (path, url) => {
    if (!isBelow(path)) return false;
    const file = join(folder, path);
    const temporary = join(dirname(file), `.${randomUUID()}.tmp`);
    try {
      await make(dirname(file));
      await download(url, temporary, signal);
      // A link that is there is replaced, not followed.
      await rename(temporary, file);
      return true;
    } catch (error) {
      await rm(temporary, { force: true });
      if (NO_PLACE.has((error as NodeJS.ErrnoException).code ?? '')) return false;
      throw error;
    }
  };
}

/** Whether a path leads to a file below the folder that it is relative to. */
const isBelow = (path: string) =>
  !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

async function makeOne(path: string): Promise<void> {
  await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' || !(await lstat(path)).isDirectory()) throw error;
  });
}
