import { createHash } from 'node:crypto';
import { readIndexStats } from './index-stats';
import type { Known } from './sweep';

/** What is known of a work tree, by the index that it was written with. */
export interface KnownByIndex extends Known {
  /** Of the content of that index. */
  readonly digest: string;
}

/**
 * What an index says of the work tree that git has written with it. Files are compared as git compares them
 * (`ie_match_stat`). What changed last when the index was written, or later, is taken for changed: it may have changed
 * twice within one tick of the file system's clock (git's "racy" files). Folders, of which git notes nothing, are
 * compared with what they were when their names were last read, by the same rule.
 * @param writtenAt when the index was written, in ms as `fs.Stats` has it
 * @param idBytes length of an object id
 */
export function knownByIndex(index: Buffer, writtenAt: number, idBytes: number): KnownByIndex {
  const digest = digestOf(index);
  const noted = readIndexStats(index, idBytes);
  const folders: { readonly ctimeMs: number; readonly ino: number }[] = [];
  return {
    digest,
    isAsWritten: (file, { mtimeMs, ctimeMs, ino, size }) =>
      noted !== undefined &&
      mtimeMs < writtenAt &&
      ctimeMs < writtenAt &&
      noted.mtimeMs[file] === mtimeMs &&
      noted.ctimeMs[file] === ctimeMs &&
      noted.ino[file] === ino % 2 ** 32 &&
      noted.size[file] === size % 2 ** 32,
    hasSameNames: (folder, { ctimeMs, ino }) =>
      ctimeMs < writtenAt && folders[folder]?.ctimeMs === ctimeMs && folders[folder].ino === ino,
    noteNames(folder, { ctimeMs, ino }) {
      folders[folder] = { ctimeMs, ino };
    },
  };
}

/** Tells one content of an index from all others. */
export const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
