import type { Note } from '../discover/note';
import { refuse } from '../errors';
import { isBranchName } from '../plan/branch-name';
import { createNearest, suggest } from '../plan/nearest';
import { runGit } from '../repository/git';

/** Refuses what no plan has for its target: a pause of that holds nothing, and looks as if it did. @throws InputError */
export function refuseNoBranch(target: string): void {
  const short = target.replace(/^refs\/heads\//, '');
  if (isBranchName(target) && short === target) return;
  throw refuse(
    'usage',
    `--target ${JSON.stringify(target)} is not the name of a branch`,
    isBranchName(short) && short !== target
      ? `did you mean ${JSON.stringify(short)}?`
      : 'write it as plans do: main',
  );
}

/**
 * A warning where the repository of a folder has branches, but not the one that is to be paused. It is no refusal: a plan may
 * be about another repository, or the branch about to be made.
 */
export async function noteUnknownBranch(cwd: string, target: string): Promise<Note[]> {
  const branches = await branchesOf(cwd);
  if (branches.size === 0 || branches.has(target)) return [];
  const hint = suggest(createNearest()(target, branches), 'the pause holds nothing until there is one');
  return [
    { event: 'pause', message: `no branch here is named ${JSON.stringify(target)}: ${hint}`, warn: true },
  ];
}

/** Local ones, and those of remotes without the name of the remote; none outside a repository. */
async function branchesOf(cwd: string): Promise<ReadonlySet<string>> {
  const refs = ['for-each-ref', '--format=%(refname)', 'refs/heads/', 'refs/remotes/'];
  const { stdout } = await runGit(refs, { cwd, allow: [0, 128] });
  const lines = stdout.toString().split('\n');
  return new Set(
    lines.filter((line) => line !== '').map((ref) => ref.replace(/^refs\/(?:heads|remotes\/[^/]+)\//, '')),
  );
}
