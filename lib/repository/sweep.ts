import { randomUUID } from 'node:crypto';
import { chmodSync, type Dirent, lstatSync, readdirSync } from 'node:fs';
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises';
import type { Folder, Leaf } from './tree';

/**
 * Removes from a work tree whatever the tree to be checked out has no place for, as `git clean -ffdx` does,
 * and beyond it: a `.git` inside a tracked folder, the content of a submodule's folder, what a folder without
 * permissions hides, files whose permissions git does not track. Symlinks are removed, never followed. Folders
 * get their permissions back. Only the `.git` at the top stays, and the content of files, which git compares.
 */
export async function sweep(workTree: string, top: Folder): Promise<void> {
  const path = Buffer.from(workTree).toString('latin1');
  for (const intruder of intruders(path, top, 0o777 & ~process.umask(), '.git')) await remove(intruder);
}

/** Removes a file, symlink or folder with all it holds, whatever its permissions and depth; none is fine too. */
export async function remove(path: string | Buffer): Promise<void> {
  const removed = await rm(path, { recursive: true, force: true }).then(
    () => true,
    () => false,
  );
  if (removed) return;
  const top = Buffer.from(path);
  await unlock(top, top);
  await rm(path, { recursive: true, force: true });
}

/** Synchronous: a walk of thousands of short calls takes the event loop less time than awaiting each would. */
function intruders(path: string, folder: Folder, permissions: number, except?: string): Buffer[] {
  const bytes = Buffer.from(path, 'latin1');
  if ((lstatSync(bytes).mode & 0o777) !== permissions) chmodSync(bytes, permissions);
  return readdirSync(bytes, { withFileTypes: true, encoding: 'buffer' }).flatMap((entry) => {
    const name = entry.name.toString('latin1');
    const expected = folder.get(name);
    if (name === except) return [];
    if (expected instanceof Map && entry.isDirectory())
      return intruders(`${path}/${name}`, expected, permissions);
    const below = Buffer.from(`${path}/${name}`, 'latin1');
    return typeof expected === 'string' && isAs(expected, entry, below, permissions) ? [] : [below];
  });
}

/** Whether an entry has the type and the permissions with which git checks out such a leaf. */
function isAs(leaf: Leaf, entry: Dirent<Buffer>, path: Buffer, permissions: number): boolean {
  if (leaf === 'symlink') return entry.isSymbolicLink();
  const expected = leaf === 'executable' ? permissions : permissions & 0o666;
  return entry.isFile() && (lstatSync(path).mode & 0o7777) === expected;
}

/** Bytes below the top after which a path may soon be longer than the system takes (PATH_MAX). */
const DEEP = 500;

/** Makes every folder from here on down writable, and brings what lies too deep to be named up to the top. */
async function unlock(path: Buffer, top: Buffer): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  let folder = path;
  if (path.length - top.length > DEEP) {
    folder = Buffer.concat([top, Buffer.from(`/${randomUUID()}`)]);
    await rename(path, folder);
  }
  for (const name of await readdir(folder, { encoding: 'buffer' }))
    await unlock(Buffer.concat([folder, Buffer.from('/'), name]), top);
}
