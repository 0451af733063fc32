import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a file that is not there yet, and the folders above it where they are missing. @throws the file's error */
export function writeNewFile(file: string, content: Buffer, mode: number): void {
  const options = { mode, flag: 'wx' };
  try {
    writeFileSync(file, content, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, options);
  }
}
