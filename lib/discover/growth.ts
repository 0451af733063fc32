import type { Git } from '../repository/git';
import { type BranchSet, containingBranches, descendants } from './ancestry';
import type { Branch } from './branches';
import { type OpenCommit, readHistory } from './history';
import { forkPoints } from './merge-base';
import { type Note, names } from './note';

/** How branches grew from the target. Positions are those in `branches`. */
export interface Growth {
  readonly branches: readonly Branch[];
  /** Children before parents; also those of branches that were left out. */
  readonly commits: readonly OpenCommit[];
  /** For each commit the branches that contain it. */
  readonly containing: ReadonlyMap<string, BranchSet>;
  /** For each branch those that contain its head. */
  readonly descending: readonly BranchSet[];
  /** For each branch the commits of the target that it grew from or merged in. */
  readonly forks: readonly (readonly string[])[];
  readonly notes: readonly Note[];
}

/** Reads the history of branches; those that share none with the target cannot be merged and are left out. */
export async function growthOf(git: Git, target: string, branches: readonly Branch[]): Promise<Growth> {
  const headsOf = (some: readonly Branch[]) => some.map(({ sha }) => sha);
  const commits = await readHistory(git, target, headsOf(branches));
  const all = forkPoints(commits, containingBranches(commits, headsOf(branches)), branches.length);
  const related = branches.filter((_, index) => all[index]!.length > 0);
  const orphans = branches.filter((_, index) => all[index]!.length === 0).map(({ name }) => name);
  const containing = containingBranches(commits, headsOf(related));
  return {
    branches: related,
    commits,
    containing,
    descending: descendants(containing, headsOf(related)),
    forks: all.filter(({ length }) => length > 0),
    notes:
      orphans.length === 0
        ? []
        : [
            {
              event: 'unrelated',
              message: `left out, no history in common with the target: ${names(orphans)}`,
              warn: true,
            },
          ],
  };
}
