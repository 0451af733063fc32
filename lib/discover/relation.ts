import { pop, push } from '../run/ready-queue';

/** For each branch, by position, those it depends on. */
export type Deps = readonly (readonly number[])[];

/** Both relations together. */
export function union(one: Deps, other: Deps): number[][] {
  return one.map((deps, branch) => [...new Set([...deps, ...other[branch]!])]);
}

/**
 * A topological order (Kahn 1962): of what is ready, the branch with the lowest rank comes next.
 * @param deps without cycles
 * @param rank a permutation of the positions
 */
export function linearOrder(deps: Deps, rank: readonly number[]): number[] {
  const byRank: number[] = [];
  rank.forEach((place, branch) => {
    byRank[place] = branch;
  });
  const dependents = deps.map((): number[] => []);
  const missing = deps.map((before, branch) => {
    for (const dep of before) dependents[dep]!.push(branch);
    return before.length;
  });
  const ready: number[] = [];
  missing.forEach((count, branch) => {
    if (count === 0) push(ready, rank[branch]!);
  });
  const order: number[] = [];
  for (let place = pop(ready); place !== undefined; place = pop(ready)) {
    const branch = byRank[place]!;
    order.push(branch);
    for (const dependent of dependents[branch]!) {
      missing[dependent]! -= 1;
      if (missing[dependent] === 0) push(ready, rank[dependent]!);
    }
  }
  return order;
}

/**
 * The transitive reduction, which an acyclic relation has only one of (Aho, Garey, Ullman 1972): the
 * dependencies that do not follow from others.
 * @param order a topological order of `deps`
 */
export function reduceDeps(deps: Deps, order: readonly number[]): number[][] {
  const all: bigint[] = [];
  const direct: number[][] = deps.map(() => []);
  for (const branch of order) {
    let indirect = 0n;
    for (const dep of deps[branch]!) indirect |= all[dep]!;
    direct[branch] = deps[branch]!.filter((dep) => ((indirect >> BigInt(dep)) & 1n) === 0n);
    all[branch] = direct[branch].reduce((set, dep) => set | (1n << BigInt(dep)), indirect);
  }
  return direct;
}
