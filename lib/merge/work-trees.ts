import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { refuse } from '../errors';
import { Git } from '../repository/git';

/** A work tree and the git directory of its own (HEAD, index), both absolute. */
export interface WorkTree {
  readonly path: string;
  readonly gitDir: string;
}

/**
 * The work trees of a repository, main and linked, that a move of `branch` concerns.
 * @param gitDir the common git directory
 * @param branch full name of the ref
 * @returns `on`: HEAD names the branch; `rebasing`: HEAD is detached while the branch is rebased there. Work
 *   trees whose folder is gone are in neither.
 * @throws InputError when the main one is on the branch but git does not know where its files are
 */
export async function workTreesOf(
  gitDir: string,
  branch: string,
): Promise<{ on: WorkTree[]; rebasing: WorkTree[] }> {
  const on: WorkTree[] = [];
  const rebasing: WorkTree[] = [];
  const listing = await new Git(gitDir).text(['worktree', 'list', '--porcelain', '-z']);
  const records = listing.split('\0\0').filter((record) => record !== '');
  for (const [position, record] of records.entries()) {
    const fields = record.split('\0');
    const listed = fields[0]!.slice('worktree '.length);
    const concerned = fields.includes(`branch ${branch}`);
    if (!concerned && !fields.includes('detached')) continue;
    const tree = position === 0 ? await mainWorkTree(gitDir, listed) : await linkedWorkTree(listed);
    if (concerned && position === 0 && tree === undefined) throw workTreeUnknown(gitDir, branch);
    if (tree === undefined) continue;
    if (concerned) on.push(tree);
    else if (await isRebasing(tree, branch)) rebasing.push(tree);
  }
  return { on, rebasing };
}

/** git lists the parent of `.git`; where the git directory lies elsewhere only `core.worktree` knows. */
async function mainWorkTree(gitDir: string, listed: string): Promise<WorkTree | undefined> {
  const get = ['config', '--type=path', '--get', 'core.worktree'];
  const configured = await new Git(gitDir).text(get, { allow: [0, 1] });
  if (configured !== '') return { path: resolve(gitDir, configured), gitDir };
  return resolve(listed) === resolve(gitDir) ? undefined : { path: listed, gitDir };
}

/** The `.git` file of a linked work tree names its git directory. */
async function linkedWorkTree(path: string): Promise<WorkTree | undefined> {
  if (!existsSync(join(path, '.git'))) return undefined;
  const pointer = await readFile(join(path, '.git'), 'utf8');
  return { path, gitDir: resolve(path, pointer.replace(/^gitdir: /, '').replace(/\n$/, '')) };
}

/** While a branch is rebased HEAD is detached, and the branch is named in a file. */
async function isRebasing({ gitDir }: WorkTree, branch: string): Promise<boolean> {
  for (const state of ['rebase-merge', 'rebase-apply']) {
    const file = join(gitDir, state, 'head-name');
    if (existsSync(file) && (await readFile(file, 'utf8')).trim() === branch) return true;
  }
  return false;
}

function workTreeUnknown(gitDir: string, branch: string): Error {
  return refuse(
    'work-tree-unknown',
    `${gitDir} has ${branch} checked out, but does not say where its work tree is`,
    'set it there with `git config core.worktree <folder>`, or check out another branch',
  );
}
