import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { refuse } from '../errors';
import { Git } from '../repository/git';
import { HOME } from '../repository/home';
import type { Source } from '../repository/source';
import { userGit } from './user-git';
import { type WorkTree, workTreesOf } from './work-trees';

export interface FileInTheWay {
  /** Absolute path of the work tree. */
  readonly workTree: string;
  /** Relative to the work tree. */
  readonly path: string;
  /** `reserved`: it is where lex-pr keeps what it needs to go on, and git would write over it. */
  readonly why: 'modified' | 'untracked' | 'reserved';
}

/**
 * Files that stand in the way of moving the target, in every work tree that has it checked out: tracked
 * changes (staged or not, unmerged), the state file of a merge, rebase, cherry-pick, revert or `git am` in
 * progress, and untracked files where `incoming` puts files. Ignored files are no obstacle, as for `git
 * merge`, except our own, nor is what happens inside a submodule. Nothing is written.
 * @param target name of the branch, without `refs/heads/`
 * @param incoming asked for the paths that landing adds (at or below a path), only when such files are there
 * @returns empty when clean; always empty for remote sources and where no work tree has the target
 * @throws InputError when the target is a symbolic ref, or its work tree cannot be found
 */
export async function filesInTheWay(
  source: Source,
  target: string,
  incoming: (within?: string) => Promise<ReadonlySet<string>>,
): Promise<readonly FileInTheWay[]> {
  if (source.kind === 'remote') return [];
  const branch = `refs/heads/${target}`;
  const aim = await symbolicAim(source.gitDir, branch);
  if (aim !== undefined)
    throw refuse(
      'target-symbolic',
      `the target ${branch} is a symbolic ref to ${aim}`,
      'name the branch that it stands for as the target',
    );
  const { on, rebasing } = await workTreesOf(source.gitDir, branch);
  const found = [...on, ...rebasing].flatMap(operationsInProgress);
  for (const tree of on) {
    const { modified, untracked } = await readStatus(tree);
    const blocking = untracked.length === 0 ? [] : clashes(untracked, await incoming());
    found.push(...modified.map((path) => ({ workTree: tree.path, path, why: 'modified' as const })));
    found.push(...blocking.map((path) => ({ workTree: tree.path, path, why: 'untracked' as const })));
    if (existsSync(join(tree.path, HOME)) && (await incoming(HOME)).size > 0)
      found.push({ workTree: tree.path, path: HOME, why: 'reserved' });
  }
  return found;
}

/** The ref that a symbolic ref stands for; undefined for any other ref. */
export async function symbolicAim(gitDir: string, ref: string): Promise<string | undefined> {
  const aim = await new Git(gitDir).text(['symbolic-ref', '--quiet', ref], { allow: [0, 1] });
  return aim === '' ? undefined : aim;
}

/**
 * Paths (at or below `within`) that commits of the heads add, not counting what the base already has in its history. An estimate
 * before anything is woven: a path that a merge commit alone adds is not in it.
 * @throws GitError when a commit is missing
 */
export async function pathsAdded(
  privateRepository: Git,
  base: string,
  heads: readonly string[],
  within = '',
): Promise<ReadonlySet<string>> {
  const args = ['log', '--stdin', '--format=', '-z', '--name-only', '--diff-filter=A', '--no-renames'];
  const input = [`^${base}`, ...heads, ''].join('\n');
  const { stdout } = await privateRepository.run([...args, ...pathspec(within)], { input });
  return new Set(splitPaths(stdout));
}

/** Paths (at or below `within`) that a commit has and another, its ancestor, has not. */
export async function pathsBetween(
  privateRepository: Git,
  base: string,
  woven: string,
  within = '',
): Promise<ReadonlySet<string>> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--diff-filter=A', '--no-renames', base, woven];
  return new Set(splitPaths((await privateRepository.run([...args, ...pathspec(within)])).stdout));
}

const pathspec = (path: string) => (path === '' ? [] : ['--', `:(literal)${path}`]);

/** Untracked paths which an incoming path is equal to, lies below, or is a folder of. */
function clashes(untracked: readonly string[], incoming: ReadonlySet<string>): string[] {
  const incomingFolders = new Set([...incoming].flatMap(foldersOf));
  return untracked.filter((entry) => {
    // Another repository inside the work tree is listed as one entry, with a slash.
    const path = entry.replace(/\/$/, '');
    return (
      incoming.has(path) ||
      incomingFolders.has(path) ||
      foldersOf(path).some((folder) => incoming.has(folder))
    );
  });
}

/** `a/b/c` lies in `a` and `a/b`. */
function foldersOf(path: string): string[] {
  return [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));
}

/** git itself would refuse to merge, or would finish the operation on top of another commit. */
function operationsInProgress({ path, gitDir }: WorkTree): FileInTheWay[] {
  return ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'rebase-merge', 'rebase-apply']
    .map((name) => join(gitDir, name))
    .filter((file) => existsSync(file))
    .map((file) => ({ workTree: path, path: relative(path, file), why: 'modified' }));
}

/** Fields before the path in a line of `git status --porcelain=v2`, by kind of line. */
const FIELDS_BEFORE_PATH: Readonly<Record<string, number>> = { '1': 8, u: 10 };

async function readStatus(tree: WorkTree): Promise<{ modified: string[]; untracked: string[] }> {
  const { stdout } = await userGit(tree, [
    'status',
    '--porcelain=v2',
    '-z',
    '--no-renames',
    '--untracked-files=all',
    '--ignore-submodules=dirty',
  ]);
  const modified: string[] = [];
  const untracked: string[] = [];
  for (const entry of splitPaths(stdout)) {
    const fields = FIELDS_BEFORE_PATH[entry[0]!];
    if (fields !== undefined) modified.push(entry.split(' ').slice(fields).join(' '));
    else if (entry.startsWith('? ')) untracked.push(entry.slice(2));
  }
  return { modified, untracked };
}

/** The entries of git's `-z` output. */
export function splitPaths(output: Buffer): string[] {
  return output
    .toString()
    .split('\0')
    .filter((path) => path !== '');
}
