import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitError } from '../repository/git';
import { splitPaths } from './checkouts';
import { indexUnlocked, writeIndex } from './index-lock';
import { userGit } from './user-git';
import type { WorkTree } from './work-trees';

/** What became of a work tree whose branch moved: its files are those of the branch, or why not. */
export type Sync =
  | { readonly kind: 'updated' }
  /** There was nothing to do. */
  | { readonly kind: 'current' }
  | { readonly kind: 'stale'; readonly warning: string };

/**
 * Brings index and files from the old commit of the checked out branch to its new one, like `git merge
 * --ff-only`. Only where the index still is the old commit's: otherwise the step is done already, or the
 * user has staged something. Killed anywhere in the middle it can be repeated; files that an interrupted
 * attempt wrote are recognised by their content. Never overwrites what the user edited.
 */
export async function syncWorkTree(tree: WorkTree, base: string, now: string): Promise<Sync> {
  try {
    if (await indexIs(tree, now)) return { kind: 'current' };
    if (!(await indexIs(tree, base))) return stale(tree, base, now, 'it has staged changes');
    if ((await readTree(tree, base, now)) === undefined) return { kind: 'updated' };
    await enterArrived(tree, base, now);
    const obstacle = await readTree(tree, base, now);
    return obstacle === undefined ? { kind: 'updated' } : stale(tree, base, now, obstacle);
  } catch (error) {
    if (error instanceof GitError) return stale(tree, base, now, words(error.stderr));
    throw error;
  }
}

/**
 * Asks git whether `syncWorkTree` would succeed; finds what `git status` does not show, such as an edited
 * file marked assume-unchanged, or an index that somebody has locked. Works on a copy of the index.
 * @returns what stands in the way in git's words, undefined when nothing does
 */
export async function rehearseSync(tree: WorkTree, base: string, woven: string): Promise<string | undefined> {
  if (!(await indexUnlocked(tree))) return `${join(tree.gitDir, 'index.lock')} exists`;
  return withScratchIndex(async (index) => {
    // An empty work tree may have none yet.
    const own = join(tree.gitDir, 'index');
    if (existsSync(own)) await copyFile(own, index);
    await userGit(tree, REFRESH, { index, allow: [0, 1] });
    const args = ['read-tree', '-m', '-u', '--dry-run', base, woven];
    const { exitCode, stderr } = await userGit(tree, args, { index, allow: [0, 128] });
    return exitCode === 0 ? undefined : words(stderr);
  });
}

/** Before read-tree, which takes any other file time than the index knows for a change. */
const REFRESH = ['update-index', '-q', '--refresh'];

async function indexIs(tree: WorkTree, commit: string): Promise<boolean> {
  const args = ['diff-index', '--cached', '--quiet', '--ignore-submodules=none', commit, '--'];
  return (await userGit(tree, args, { allow: [0, 1] })).exitCode === 0;
}

/** @returns why it failed, undefined when it did not */
async function readTree(tree: WorkTree, base: string, now: string): Promise<string | undefined> {
  await userGit(tree, REFRESH, { allow: [0, 1, 128] });
  const { exitCode, stderr } = await writeIndex(tree, ['read-tree', '-m', '-u', base, now]);
  return exitCode === 0 ? undefined : words(stderr);
}

/**
 * Enters into the index, as the new commit has them, the changed paths whose files already are the new
 * commit's: a scratch index that holds nothing but the changed paths tells which those are. Paths that are
 * removed need no entry; read-tree does not mind a file that is gone already.
 */
async function enterArrived(tree: WorkTree, base: string, now: string): Promise<void> {
  const args = ['diff-tree', '-r', '-z', '--no-renames', '--diff-filter=d', base, now];
  const fields = splitPaths((await userGit(tree, args)).stdout);
  const entries = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, mode, , id] = fields[at]!.split(' ');
    const path = fields[at + 1]!;
    entries.set(path, `${mode} ${id}\t${path}\0`);
  }
  await withScratchIndex(async (index) => {
    await enter(tree, entries.values(), index);
    await userGit(tree, REFRESH, { index, allow: [0, 1] });
    const differing = await userGit(tree, ['diff-files', '-z', '--name-only'], { index });
    for (const path of splitPaths(differing.stdout)) entries.delete(path);
  });
  await enter(tree, entries.values());
}

async function withScratchIndex<T>(use: (index: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lex-pr-index-'));
  try {
    return await use(join(folder, 'index'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function enter(tree: WorkTree, entries: Iterable<string>, index?: string): Promise<void> {
  const input = [...entries].join('');
  const args = ['update-index', '-z', '--index-info'];
  await userGit(tree, args, index === undefined ? { input } : { input, index });
}

function stale(tree: WorkTree, base: string, now: string, reason: string): Sync {
  const mend = `git read-tree -m -u ${base} ${now}`;
  const warning = `landed, but the work tree ${tree.path} is not updated: ${reason}; then run there: ${mend}`;
  return { kind: 'stale', warning };
}

/** What git said, in one line. */
function words(stderr: string): string {
  return stderr
    .split('\n')
    .map((line) => line.trim().replace(/^(error|fatal): /, ''))
    .filter((line) => line !== '')
    .join(' ');
}
