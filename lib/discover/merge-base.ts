import type { Git } from '../repository/git';
import { type BranchSet, positions } from './ancestry';
import type { OpenCommit } from './history';

/** For each branch the commits of the target that it grew from or merged in; none: no common history. */
export function forkPoints(
  commits: readonly OpenCommit[],
  containing: ReadonlyMap<string, BranchSet>,
  count: number,
): readonly (readonly string[])[] {
  const open = new Set(commits.map(({ sha }) => sha));
  const points = Array.from({ length: count }, (): string[] => []);
  for (const [sha, branches] of containing)
    if (!open.has(sha)) for (const branch of positions(branches)) points[branch]!.push(sha);
  return points;
}

/**
 * A best common ancestor of each branch with the target, as `git merge-base`, but in at most two processes for
 * all of them: of a branch's fork points one that no other contains.
 * @param points at least one for each branch
 */
export async function mergeBases(git: Git, points: readonly (readonly string[])[]): Promise<string[]> {
  const several = [...new Set(points.filter(({ length }) => length > 1).flat())];
  const order = several.length === 0 ? [] : await newestFirst(git, several);
  const place = new Map(order.map((sha, index) => [sha, index]));
  const placeOf = (sha: string) => place.get(sha) ?? order.length;
  return points.map((of) => of.reduce((best, sha) => (placeOf(sha) < placeOf(best) ? sha : best)));
}

/** The commits down to what all given ones have in common, each before its ancestors. */
async function newestFirst(git: Git, commits: readonly string[]): Promise<string[]> {
  // 1: they have nothing in common.
  const common = await git.lines(['merge-base', '--octopus', ...commits], { allow: [0, 1] });
  const input = [...commits, ...common.map((sha) => `^${sha}`), ''].join('\n');
  return git.lines(['rev-list', '--stdin', '--topo-order'], { input });
}
