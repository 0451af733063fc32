import type { OpenCommit } from './history';

/** A set of branches by position: bit i is branch i. */
export type BranchSet = bigint;

/**
 * Which branches contain a commit, for every open commit and for the commits of the target that they grew
 * from. One pass: a commit is in every branch that one of its children is in.
 * @param commits children before parents
 * @param heads of the branches, each another one
 */
export function containingBranches(
  commits: readonly OpenCommit[],
  heads: readonly string[],
): ReadonlyMap<string, BranchSet> {
  const containing = new Map(heads.map((head, branch): [string, BranchSet] => [head, 1n << BigInt(branch)]));
  for (const { sha, parents } of commits) {
    const branches = containing.get(sha) ?? 0n;
    for (const parent of parents) {
      const known = containing.get(parent);
      // Most commits have one child: its set is shared, not copied.
      containing.set(parent, known === undefined ? branches : known | branches);
    }
  }
  return containing;
}

/** For each branch the others that contain its head: all of them depend on it. */
export function descendants(
  containing: ReadonlyMap<string, BranchSet>,
  heads: readonly string[],
): readonly BranchSet[] {
  return heads.map((head, branch) => (containing.get(head) ?? 0n) & ~(1n << BigInt(branch)));
}

/**
 * Of the branches that contain a commit those that own it: it came with none of the branches they are built
 * on. Several own it where they grew from it and none of them is its head.
 */
export function owners(containing: BranchSet, descending: readonly BranchSet[]): number[] {
  let inherited: BranchSet = 0n;
  for (const branch of positions(containing)) inherited |= descending[branch]!;
  return positions(containing & ~inherited);
}

/** For each branch those it is directly built on: the transitive reduction of ancestry. */
export function ancestryDeps(descending: readonly BranchSet[]): number[][] {
  const deps = descending.map((): number[] => []);
  descending.forEach((above, branch) => {
    for (const next of owners(above, descending)) deps[next]!.push(branch);
  });
  return deps;
}

/** The members of a set, ascending. */
export function positions(set: BranchSet): number[] {
  const digits = set.toString(2);
  const found: number[] = [];
  for (let at = digits.length - 1; at >= 0; at--) if (digits[at] === '1') found.push(digits.length - 1 - at);
  return found;
}
