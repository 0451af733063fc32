import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alternates } from './private';
import { remove } from './sweep';

/**
 * Gives a work tree a new `.git` for a gate: HEAD detached at a commit, no refs, no hooks, a copy of an index,
 * objects from elsewhere. Whatever was there is removed and never read, so that a gate leaves nothing behind.
 */
export async function makeGateRepository(
  workTree: string,
  from: { readonly head: string; readonly index: string; readonly objects: string },
): Promise<void> {
  const gitDir = join(workTree, '.git');
  await remove(gitDir);
  await mkdir(join(gitDir, 'objects/info'), { recursive: true });
  await Promise.all([
    mkdir(join(gitDir, 'refs/heads'), { recursive: true }),
    writeFile(join(gitDir, 'HEAD'), `${from.head}\n`),
    writeFile(join(gitDir, 'config'), configuration(from.head)),
    writeFile(join(gitDir, 'objects/info/alternates'), alternates(from.objects)),
    copyFile(from.index, join(gitDir, 'index')),
  ]);
}

/** The least that git takes for a repository (gitrepository-layout(5)); the length of ids tells the format. */
function configuration(head: string): string {
  return head.length === 64
    ? '[core]\n\trepositoryFormatVersion = 1\n\tbare = false\n[extensions]\n\tobjectFormat = sha256\n'
    : '[core]\n\trepositoryFormatVersion = 0\n\tbare = false\n';
}
