import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { shellQuote } from '../../repository/shell-quote';
import { ZipWriter } from './zip';

/** The folder of an archive that holds the work tree. */
export const TREE = 'tree';
/** Beside it: makes what an archive may not bring along. */
export const RESTORE = 'restore.sh';

/** A name that an archive cannot hold: it is no UTF-8. */
export class UnusableNameError extends Error {}

/** A command line has room for so many paths, of 4 KB at most. */
const PATHS_A_COMMAND = 20;

/**
 * Packs a work tree, `.git` included, as `tree/` in a ZIP archive. Not everybody who unpacks one knows links, modes and
 * folders with nothing in them, so `restore.sh` beside it makes them: run by a POSIX shell in the folder it lies in.
 * @throws UnusableNameError, ZipTooLargeError
 */
export async function packWorkTree(workTree: string, archive: string): Promise<void> {
  const file = await open(archive, 'w');
  try {
    const zip = new ZipWriter((bytes) => file.writeFile(bytes));
    const links: string[] = [];
    const executables: string[] = [];
    const folders: string[] = [];
    for await (const path of walk(workTree, '')) {
      const source = join(workTree, path);
      const { mode, size, ...stats } = await lstat(source).then((found) => ({
        mode: found.mode,
        size: found.size,
        isLink: found.isSymbolicLink(),
        isFolder: found.isDirectory(),
      }));
      const name = `${TREE}/${path}`;
      if (stats.isFolder) {
        folders.push(name);
        await zip.add(`${name}/`, mode, Buffer.alloc(0));
      } else if (stats.isLink) {
        const target = await readlink(source, 'buffer');
        await zip.add(name, mode, target);
        links.push(`ln -sfn -- ${shellQuote(utf8(target))} ${shellQuote(name)}`);
      } else {
        if ((mode & 0o100) !== 0) executables.push(name);
        await zip.addFile(name, mode, source, size);
      }
    }
    const script = [
      'set -e',
      ...commands('mkdir -p', folders),
      ...links,
      ...commands('chmod 755', executables),
    ];
    await zip.add(RESTORE, 0o100644, Buffer.from(`${script.join('\n')}\n`));
    await zip.end();
  } finally {
    await file.close();
  }
}

/** Everything in a folder but folders that hold something. */
async function* walk(root: string, folder: string): AsyncGenerator<string> {
  const names = (await readdir(join(root, folder), 'buffer')).map(utf8).sort();
  if (names.length === 0 && folder !== '') yield folder;
  for (const name of names) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if ((await lstat(join(root, path))).isDirectory()) yield* walk(root, path);
    else yield path;
  }
}

function utf8(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return text;
  throw new UnusableNameError(`a container cannot have it: ${JSON.stringify(text)} is no UTF-8`);
}

function commands(command: string, paths: readonly string[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < paths.length; at += PATHS_A_COMMAND)
    lines.push(
      `${command} -- ${paths
        .slice(at, at + PATHS_A_COMMAND)
        .map(shellQuote)
        .join(' ')}`,
    );
  return lines;
}
