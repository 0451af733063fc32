import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a folder holds, by paths below it. */
export interface Snapshot {
  readonly folders: readonly string[];
  readonly files: ReadonlyMap<string, Buffer>;
}

/**
 * Reads a folder of ordinary files into memory.
 * @returns undefined where they have more than so many bytes
 */
export async function takeSnapshot(folder: string, maxBytes: number): Promise<Snapshot | undefined> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const below = (isWanted: (entry: (typeof found)[number]) => boolean) =>
    found.filter(isWanted).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const files = below((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (path) => (await stat(join(folder, path))).size));
  if (sizes.reduce((sum, size) => sum + size, 0) > maxBytes) return undefined;
  const read = files.map(async (path) => [path, await readFile(join(folder, path))] as const);
  return { folders: below((entry) => entry.isDirectory()), files: new Map(await Promise.all(read)) };
}

/** Makes the folder again, where nothing is. */
export async function restore({ folders, files }: Snapshot, folder: string): Promise<void> {
  for (const path of ['', ...folders]) await mkdir(join(folder, path), { recursive: true });
  await Promise.all([...files].map(([path, body]) => writeFile(join(folder, path), body)));
}
