import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alternates } from './private';
import { remove } from './sweep';

/**
 * Gives a work tree a `.git` for a gate: HEAD detached at a commit, no refs, no hooks, an index, objects from
 * elsewhere. Whatever else was there is removed, so that a gate leaves nothing behind.
 */
export async function makeGateRepository(
  workTree: string,
  from: { readonly head: string; readonly index: Buffer; readonly objects: string },
): Promise<void> {
  const gitDir = join(workTree, '.git');
  const files = {
    HEAD: Buffer.from(`${from.head}\n`),
    config: Buffer.from(configuration(from.head)),
    'objects/info/alternates': Buffer.from(alternates(from.objects)),
    index: from.index,
  };
  if (isThere(gitDir, files)) return;
  await remove(gitDir);
  await mkdir(join(gitDir, 'objects/info'), { recursive: true });
  await Promise.all([
    mkdir(join(gitDir, 'refs/heads'), { recursive: true }),
    ...Object.entries(files).map(([name, content]) => writeFile(join(gitDir, name), content)),
  ]);
}

/** The folders of a gate's repository with all that is in them. */
const CONTENTS = {
  '.': ['HEAD', 'config', 'index', 'objects', 'refs'],
  objects: ['info'],
  'objects/info': ['alternates'],
  refs: ['heads'],
  'refs/heads': [],
} as const;

/** Whether a gate has left its repository as it was made: these files in these folders, and nothing else. */
function isThere(gitDir: string, files: Readonly<Record<string, Buffer>>): boolean {
  const permissions = 0o777 & ~process.umask();
  const isA = (path: string, type: 'isDirectory' | 'isFile', mode: number) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.[type]() === true && (stats.mode & (type === 'isFile' ? 0o7777 : 0o777)) === mode;
  };
  return (
    Object.entries(CONTENTS).every(([name, names]) => {
      const folder = join(gitDir, name);
      return isA(folder, 'isDirectory', permissions) && readdirSync(folder).sort().join() === names.join();
    }) &&
    Object.entries(files).every(([name, content]) => {
      const file = join(gitDir, name);
      return isA(file, 'isFile', permissions & 0o666) && readFileSync(file).equals(content);
    })
  );
}

/** The least that git takes for a repository (gitrepository-layout(5)); the length of ids tells the format. */
function configuration(head: string): string {
  return head.length === 64
    ? '[core]\n\trepositoryFormatVersion = 1\n\tbare = false\n[extensions]\n\tobjectFormat = sha256\n'
    : '[core]\n\trepositoryFormatVersion = 0\n\tbare = false\n';
}
