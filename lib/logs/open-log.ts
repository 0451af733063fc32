import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const NOT_THERE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EACCES']);

/**
 * Opens a log, which lies in a folder that gates can reach: what is no file is not there, nor what a link leads to.
 * @returns it, open, with what fstat(2) says of it
 * @throws the system's error where it cannot be read for another reason
 */
export async function openLog(path: string): Promise<{ file: FileHandle; stats: Stats } | undefined> {
  let file: FileHandle;
  try {
    // Not blocked by a pipe in its place.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (NOT_THERE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  const stats = await file.stat();
  if (stats.isFile()) return { file, stats };
  await file.close();
  return undefined;
}
