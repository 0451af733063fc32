import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { shellQuote } from '../repository/shell-quote';
import { openSource, type Source } from '../repository/source';
import { type Check, check, fine, wrong } from './check';

/** Whether the repository of a folder can be merged in: a whole one, and no lock of git's in the way. */
export async function checkRepository(folder: string): Promise<readonly Check[]> {
  let source: Source | undefined;
  const usable = await check('repository', 'git status', async () => {
    source = await openSource(folder);
    return source.kind === 'local' ? source.gitDir : source.url;
  });
  if (source?.kind !== 'local') return usable;
  const local = source;
  return [...usable, ...(await check('git locks', 'git status', () => checkLocks(local)))];
}

/** git leaves these behind only where it was killed, but a git that is at work has them too. */
async function checkLocks(source: { readonly gitDir: string }): Promise<readonly Check[]> {
  const locks: Check[] = [];
  for (const path of await possibleLocks(source)) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    const detail = `${path} is there since ${found.mtime.toISOString()}`;
    locks.push(wrong('git locks', detail, `if no git is at work there: rm ${shellQuote(path)}`));
  }
  return locks.length === 0 ? [fine('git locks', 'none')] : locks;
}

/** The index and HEAD of every work tree, and what all of them share; no ref has a name that ends like this. */
async function possibleLocks({ gitDir }: { readonly gitDir: string }): Promise<string[]> {
  const linked = await readdir(join(gitDir, 'worktrees')).catch(() => []);
  const gitDirs = [gitDir, ...linked.map((name) => join(gitDir, 'worktrees', name))];
  const ofTrees = gitDirs.flatMap((own) => ['index.lock', 'HEAD.lock'].map((name) => join(own, name)));
  const refs = await readdir(join(gitDir, 'refs'), { recursive: true }).catch(() => []);
  const ofRefs = refs.filter((name) => name.endsWith('.lock')).map((name) => join('refs', name));
  return [...ofTrees, ...['packed-refs.lock', 'config.lock', ...ofRefs].map((name) => join(gitDir, name))];
}
