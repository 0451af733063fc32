import { lstatSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { alternates } from './private';
import { remove } from './sweep';

/**
 * Gives a work tree a `.git` for a gate: HEAD detached at a commit, no refs, no hooks, an index, objects from
 * elsewhere. Whatever else was there is removed, so that a gate leaves nothing behind.
 * @returns whether it was there already, and nothing had to be written
 */
export async function makeGateRepository(
  workTree: string,
  from: { readonly head: string; readonly index: Buffer; readonly objects: string },
): Promise<boolean> {
  const gitDir = join(workTree, '.git');
  const files = {
    HEAD: Buffer.from(`${from.head}\n`),
    config: Buffer.from(configuration(from.head)),
    'objects/info/alternates': Buffer.from(alternates(from.objects)),
    index: from.index,
  };
  if (isIntact(gitDir)) return update(gitDir, files);
  await remove(gitDir);
  await mkdir(join(gitDir, 'objects/info'), { recursive: true });
  await mkdir(join(gitDir, 'refs/heads'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(gitDir, name), content);
  return false;
}

/**
 * Writes what has other content. Synchronous: these few calls take less time than awaiting each would.
 * @returns whether there was nothing to write
 */
function update(gitDir: string, files: Readonly<Record<string, Buffer>>): boolean {
  let isSame = true;
  for (const [name, content] of Object.entries(files)) {
    const file = join(gitDir, name);
    if (readFileSync(file).equals(content)) continue;
    unlinkSync(file);
    writeFileSync(file, content, { flag: 'wx' });
    isSame = false;
  }
  return isSame;
}

/** The folders of a gate's repository with all that is in them. */
const CONTENTS = {
  '.': ['HEAD', 'config', 'index', 'objects', 'refs'],
  objects: ['info'],
  'objects/info': ['alternates'],
  refs: ['heads'],
  'refs/heads': [],
} as const;

/** The paths of all that, in a work tree. */
export const GATE_REPOSITORY_PATHS: readonly string[] = [
  '.git',
  ...Object.entries(CONTENTS).flatMap(([folder, names]) => names.map((name) => join('.git', folder, name))),
];

/** Whether a gate has left its repository with the files and folders that it was made of, and nothing else. */
function isIntact(gitDir: string): boolean {
  const permissions = 0o777 & ~process.umask();
  const owner = process.geteuid?.();
  const isFolder = (path: string) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isDirectory() === true && (stats.mode & 0o777) === permissions && stats.uid === owner;
  };
  const isFile = (path: string) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    const isUsual = stats?.isFile() === true && (stats.mode & 0o7777) === (permissions & 0o666);
    // One with a second name may be changed from elsewhere.
    return isUsual && stats.nlink === 1 && stats.uid === owner;
  };
  return Object.entries(CONTENTS).every(([name, names]) => {
    const folder = join(gitDir, name);
    return (
      isFolder(folder) &&
      readdirSync(folder).sort().join() === names.join() &&
      names.every((inside) => join(name, inside) in CONTENTS || isFile(join(folder, inside)))
    );
  });
}

/** The least that git takes for a repository (gitrepository-layout(5)); the length of ids tells the format. */
function configuration(head: string): string {
  return head.length === 64
    ? '[core]\n\trepositoryFormatVersion = 1\n\tbare = false\n[extensions]\n\tobjectFormat = sha256\n'
    : '[core]\n\trepositoryFormatVersion = 0\n\tbare = false\n';
}
