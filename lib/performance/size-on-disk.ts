import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The bytes that a file, or all files below a folder, hold; 0 where there is none. Links are not followed. */
export async function sizeOnDisk(path: string): Promise<number> {
  try {
    const found = await lstat(path);
    if (!found.isDirectory()) return found.size;
    let sum = 0;
    for (const name of await readdir(path)) sum += await sizeOnDisk(join(path, name));
    return sum;
  } catch (error) {
    // It may go while we look.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
