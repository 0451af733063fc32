import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, rmdirSync, type Stats, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileChanges } from './file-changes';
import {
  fileOf,
  formatIndex,
  type IndexEntry,
  type IndexedFile,
  indexEntry,
  readIndexFile,
  withIndexEntries,
  withoutStaleTrees,
} from './index-file';
import type { ObjectReader } from './object-reader';
import { type Known, sweep } from './sweep';
import type { Folder } from './tree';
import type { Trees } from './trees';
import { writeNewFile } from './write-new-file';

/** Reads what work trees are made of. */
export interface TreeSource {
  readonly trees: Pick<Trees, 'read'>;
  readonly reader: Pick<ObjectReader, 'read' | 'size'>;
}

/** More of either is left to git: its process then costs little beside the work. */
const MOST_FILES = 100;
const MOST_BYTES = 2 ** 22;
const LARGEST_INDEX = 2 ** 21;

/**
 * Turns a work tree that git has written, or this, into that of another tree: what `git read-tree --reset -u` does,
 * without a process. Only for trees without attributes, in a repository that configures nothing of work trees; why
 * the result is the same: docs/decisions/0076-work-trees-by-difference.md
 * @param from the tree it held, with what is known of its files, and its index
 * @param top of the tree `to`
 * @returns the new index, written to `indexFile`; undefined where git is to do it, whatever is there then
 * @throws system errors: git is to do it then, too
 */
export async function writeChanges(
  { trees, reader }: TreeSource,
  place: { readonly workTree: string; readonly indexFile: string },
  from: { readonly tree: string; readonly top: Folder; readonly known: Known; readonly index: Buffer },
  to: { readonly tree: string; readonly top: Folder },
): Promise<Buffer | undefined> {
  const idBytes = to.tree.length / 2;
  const index = from.index.length > LARGEST_INDEX ? undefined : readIndexFile(from.index, idBytes);
  if (index === undefined) return undefined;
  const changes = await fileChanges(trees, from.tree, to.tree, MOST_FILES);
  if (changes === undefined) return undefined;
  // Asked for while the files are looked at.
  const blobs = readBlobs(reader, [...changes.values()]);
  blobs.catch(() => {});

  const unsure = await sweep(place.workTree, from.top, from.known);
  if (unsure === undefined || unsure.length > MOST_FILES) return undefined;
  const doubtful = new Set(unsure.filter((path) => !changes.has(path)));
  const doubted = index.entries.filter(({ path }) => doubtful.has(path));
  const kept = new Map(doubted.map((entry) => [entry.path, fileOf(entry, idBytes)]));
  if (kept.size < doubtful.size) return undefined;
  if (![...changes.keys(), ...kept.keys()].every(isPlain)) return undefined;
  if (![...kept.values()].every(({ mode }) => mode in PERMISSIONS)) return undefined;

  const spoilt = new Map([...kept].filter(([path, file]) => !holds(join(place.workTree, path), file)));
  const [contents, mended] = await Promise.all([blobs, readBlobs(reader, [...spoilt.values()])]);
  if (contents === undefined || mended === undefined) return undefined;
  const body = ({ id }: IndexedFile) => (contents.get(id) ?? mended.get(id))!;

  const written = new Map([...changes, ...spoilt]);
  for (const path of written.keys()) removeFile(join(place.workTree, path));
  removeFolders(place.workTree, changes.keys(), to.top);
  for (const [path, file] of written)
    if (file !== undefined) writeNewFile(join(place.workTree, path), body(file), PERMISSIONS[file.mode]!);

  const replaced = new Map<string, IndexEntry | undefined>();
  for (const [path, file] of [...kept, ...written])
    replaced.set(
      path,
      file && indexEntry(path, file, lstatSync(join(place.workTree, path), { bigint: true })),
    );
  const stale = new Set(['', ...[...changes.keys()].flatMap(foldersOf)]);
  const content = formatIndex(
    {
      entries: withIndexEntries(index.entries, replaced),
      trees:
        index.trees &&
        withoutStaleTrees(
          index.trees,
          idBytes,
          (folder) => isFolderIn(to.top, folder),
          (folder) => changes.size > 0 && stale.has(folder),
        ),
    },
    idBytes,
  );
  unlinkSync(place.indexFile);
  writeFileSync(place.indexFile, content, { flag: 'wx' });
  return content;
}

/** What a file that git checks out may be given, before the umask. */
const PERMISSIONS: Readonly<Record<string, number>> = { '100644': 0o666, '100755': 0o777 };

/**
 * Whether no git refuses a path, whatever file system it protects (git-config(1), `core.protectNTFS`, `core.protectHFS`),
 * and none has files of that name for itself.
 */
export function isPlain(path: string): boolean {
  return path.split('/').every((name) => /^[\w+@=,.-]*[\w+@=,-]$/.test(name) && !/^\.git/i.test(name));
}

async function readBlobs(
  reader: TreeSource['reader'],
  files: readonly (IndexedFile | undefined)[],
): Promise<ReadonlyMap<string, Buffer> | undefined> {
  const ids = [...new Set(files.flatMap((file) => (file === undefined ? [] : [file.id])))];
  const sizes = await Promise.all(ids.map((id) => reader.size(id)));
  const total = sizes.reduce<number>((sum, size) => sum + (size ?? Number.POSITIVE_INFINITY), 0);
  if (total > MOST_BYTES) return undefined;
  const found = await Promise.all(ids.map((id) => reader.read(id)));
  if (found.some((object) => object?.type !== 'blob')) return undefined;
  return new Map(ids.map((id, at) => [id, found[at]!.body]));
}

/** Whether a file has just the content of a blob, and can stay as it is. */
function holds(file: string, { id }: IndexedFile): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile() || stats.size > MOST_BYTES || !isNoticed(stats)) return false;
  const content = readFileSync(file);
  const hash = createHash(id.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${content.length}\0`).update(content).digest('hex') === id;
}

/**
 * Whether git would see by an index written now that a file is changed. It compares whole seconds, and content only where
 * the file last changed in that of the index; so a time that was set back hides what changes within this second.
 */
const isNoticed = ({ mtimeMs, ctimeMs }: Stats) => Math.floor(mtimeMs / 1000) >= Math.floor(ctimeMs / 1000);

function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    // There is none; a folder goes with the files in it, a file in the place of its folder by itself.
    if (!['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code!)) throw error;
  }
}

/** Removes the folders of paths that are folders no more; nothing is left in them. */
function removeFolders(workTree: string, paths: Iterable<string>, top: Folder): void {
  const gone = new Set([...paths].flatMap(foldersOf).filter((folder) => !isFolderIn(top, folder)));
  // What lies deeper is longer.
  for (const folder of [...gone].sort((a, b) => b.length - a.length)) {
    const path = join(workTree, folder);
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) rmdirSync(path);
  }
}

/** `a/b/c` lies in `a` and `a/b`. */
const foldersOf = (path: string) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));

function isFolderIn(top: Folder, folder: string): boolean {
  let inside: Folder | string | undefined = top;
  for (const name of folder === '' ? [] : folder.split('/'))
    inside = typeof inside === 'object' ? inside.get(name) : undefined;
  return typeof inside === 'object';
}
