import { randomUUID } from 'node:crypto';
import { chmodSync, lchownSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises';
import type { Folder, Leaf } from './tree';

/** What is known of a work tree from before, so that less of it has to be looked at. */
export interface Known {
  /** Whether a file is as it was written, by its number in a walk through the tree's entries. */
  isAsWritten(file: number, stats: Stats): boolean;
  /** The same of the names in a folder, by its number. */
  hasSameNames(folder: number, stats: Stats): boolean;
  /** Told that a folder, as it was before its names were read, holds what the tree has there. */
  noteNames(folder: number, stats: Stats): void;
}

const NOTHING: Known = { isAsWritten: () => false, hasSameNames: () => false, noteNames: () => {} };

/**
 * Removes from a work tree whatever the tree to be checked out has no place for, as `git clean -ffdx` does,
 * and beyond it: a `.git` inside a tracked folder, the content of a submodule's folder, what a folder without
 * permissions hides, files whose permissions git does not track. Symlinks are removed, never followed. Folders
 * get their permissions, and from root their owner, back. Only the `.git` at the top stays, and the content of files, which git compares.
 * @returns the paths (latin1) of files that are not there, or not certain to be as they were written; undefined where
 *   they are too many, or a whole folder is missing
 */
export async function sweep(
  workTree: string,
  top: Folder,
  known = NOTHING,
): Promise<readonly string[] | undefined> {
  const path = Buffer.from(workTree).toString('latin1');
  const permissions = 0o777 & ~process.umask();
  const prefix = path.length + 1;
  const walk: Walk = { permissions, prefix, known, intruders: [], files: 0, folders: 0, unsure: [] };
  visit(walk, path, top, '.git');
  for (const intruder of walk.intruders) await remove(intruder);
  return walk.unsure;
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

interface Walk {
  /** Of folders and executables. */
  readonly permissions: number;
  /** Length of what comes before paths in the work tree. */
  readonly prefix: number;
  readonly known: Known;
  readonly intruders: (string | Buffer)[];
  /** So many were passed. */
  files: number;
  folders: number;
  /** Undefined: not looked for any more. */
  unsure: string[] | undefined;
}

/** With more files in doubt all are compared by git. */
const MOST_UNSURE = 100;

/** Synchronous: a walk of thousands of short calls takes the event loop less time than awaiting each would. */
function visit(walk: Walk, path: string, folder: Folder, except?: string): void {
  const number = walk.folders;
  walk.folders += 1;
  const stats = lstatSync(named(path));
  // Git refuses to work in the folder of another user.
  if (stats.uid !== 0 && process.geteuid?.() === 0) lchownSync(named(path), 0, stats.gid);
  if ((stats.mode & 0o777) !== walk.permissions) chmodSync(named(path), walk.permissions);
  const { intruders, known } = walk;
  let names: Folder | ReadonlySet<string> = folder;
  if (!known.hasSameNames(number, stats)) {
    const before = intruders.length;
    names = readNames(walk, path, folder, except);
    if (names.size === folder.size && intruders.length === before) known.noteNames(number, stats);
  }
  for (const [name, expected] of folder) {
    const isThere = names.has(name);
    if (typeof expected === 'string') visitFile(walk, `${path}/${name}`, expected, isThere);
    else if (isThere) visit(walk, `${path}/${name}`, expected);
    else walk.unsure = undefined;
  }
}

/** The names in a folder that the tree has there as well; all others are intruders. */
function readNames(walk: Walk, path: string, folder: Folder, except?: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const entry of readdirSync(named(path), { withFileTypes: true, encoding: 'buffer' })) {
    const name = entry.name.toString('latin1');
    if (name === except) continue;
    const expected = folder.get(name);
    if (expected !== undefined && entry.isDirectory() === (typeof expected !== 'string')) names.add(name);
    else walk.intruders.push(named(`${path}/${name}`));
  }
  return names;
}

function visitFile(walk: Walk, path: string, leaf: Leaf, isThere: boolean): void {
  const number = walk.files;
  walk.files += 1;
  const stats = isThere ? lstatSync(named(path)) : undefined;
  const isFine = stats !== undefined && isAs(leaf, stats, walk.permissions);
  if (stats !== undefined && !isFine) walk.intruders.push(named(path));
  if (walk.unsure === undefined || (isFine && walk.known.isAsWritten(number, stats))) return;
  walk.unsure.push(path.slice(walk.prefix));
  if (walk.unsure.length === MOST_UNSURE) walk.unsure = undefined;
}

/** A path of one character a byte for the system. */
const named = (path: string) => (ASCII.test(path) ? path : Buffer.from(path, 'latin1'));
const ASCII = /^[\0-\x7f]*$/;

/** Whether something has the type and the permissions with which git checks out such a leaf. */
function isAs(leaf: Leaf, stats: Stats, permissions: number): boolean {
  if (leaf === 'symlink') return stats.isSymbolicLink();
  const expected = leaf === 'executable' ? permissions : permissions & 0o666;
  return stats.isFile() && (stats.mode & 0o7777) === expected;
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
