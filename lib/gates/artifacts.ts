import { constants, createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { findFiles, shown } from './find-files';

export interface ArtifactFolders {
  /** Absolute, without symbolic links. */
  readonly workTree: string;
  /** The folder of the work tree that the patterns are relative to. */
  readonly cwd: string;
  /** Absolute; made when there is something to keep. */
  readonly into: string;
}

export interface Collected {
  /** Paths below `into`, sorted; the same as below `cwd`. */
  readonly artifacts: string[];
  /** What was left out, and why. */
  readonly notes: string[];
}

/** Bytes of all artifacts of one attempt. */
const SIZE_LIMIT = 1 << 30;
const NOTE_LIMIT = 10;

/**
 * Copies the files that match the patterns. Files that do not fit into `sizeLimit` bytes together are left out
 * and noted, as is everything that leads out of the work tree or is no regular file.
 * @throws the system's error where a copy cannot be written
 */
export async function collectArtifacts(
  patterns: readonly string[],
  folders: ArtifactFolders,
  sizeLimit = SIZE_LIMIT,
): Promise<Collected> {
  const files = new Map<string, string>();
  const notes = new Set<string>();
  for (const pattern of patterns) {
    const found = await findFiles(pattern, folders.workTree, folders.cwd);
    for (const [path, source] of found.files) files.set(path, source);
    for (const note of found.notes) notes.add(note);
  }
  const artifacts: string[] = [];
  let left = sizeLimit;
  for (const path of [...files.keys()].sort()) {
    const copied = await copyFile(files.get(path)!, join(folders.into, path), left);
    if (typeof copied === 'string') notes.add(`${copied}: ${shown(path)}`);
    else {
      artifacts.push(path);
      left -= copied;
    }
  }
  return { artifacts, notes: shorten([...notes]) };
}

/** Copies at most `limit` bytes; returns the file's size, or why nothing was copied. */
async function copyFile(source: string, target: string, limit: number): Promise<number | string> {
  let file: FileHandle;
  try {
    // The flags matter where a process outside the gate's group swaps the file for a link or a FIFO.
    file = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  try {
    const stats = await file.stat();
    const { size, mode } = stats;
    if (!stats.isFile()) return 'not a regular file, left out';
    if (size > limit) return 'over the size limit for artifacts, left out';
    await mkdir(dirname(target), { recursive: true });
    // The owner can write a copy, so that a next attempt can replace it.
    const output = createWriteStream(target, { mode: (mode & 0o777) | 0o200 });
    await pipeline(file.createReadStream({ end: Math.max(0, size - 1), autoClose: false }), output);
    return size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw error;
    return 'its path is too long for the artifact folder, left out';
  } finally {
    await file.close();
  }
}

function shorten(notes: string[]): string[] {
  if (notes.length <= NOTE_LIMIT) return notes;
  return [...notes.slice(0, NOTE_LIMIT), `and ${notes.length - NOTE_LIMIT} more like these`];
}
