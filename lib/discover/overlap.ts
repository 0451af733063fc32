import type { CacheStore } from '../performance/cache-store';
import { OperationCache } from '../performance/operation-cache';
import type { Git } from '../repository/git';
import { changedFiles, type FileCache, type FileChange } from './files';
import type { Growth } from './growth';
import { mergeBases } from './merge-base';
import type { Note } from './note';
import { type Deps, linearOrder } from './relation';

/** Nothing that is cached here ever becomes wrong: the time is the default of `cacheTTLSeconds`. */
const TTL_SECONDS = 3600;

/**
 * Dependencies between branches that change a same file: the one with the older head first, unless `deps` say
 * otherwise. What files they change is remembered in `store`.
 */
export async function inferOverlap(
  git: Git,
  store: CacheStore,
  growth: Growth,
  deps: Deps,
): Promise<{ readonly deps: Deps; readonly notes: readonly Note[] }> {
  const cache: FileCache = new OperationCache(TTL_SECONDS, true, { store, namespace: 'files/2' });
  const bases = await mergeBases(git, growth.forks);
  const comparisons = growth.branches.map(({ name, sha }, index) => ({
    branch: name,
    head: sha,
    base: bases[index]!,
  }));
  const changes = await changedFiles(git, comparisons, cache);
  const { hits } = cache.stats();
  const message = `files of ${growth.branches.length} branches compared, ${hits} of them known from before`;
  return {
    deps: overlapDeps(changes, deps, linearOrder(deps, byDate(growth))),
    notes: [{ event: 'files', message }],
  };
}

/**
 * Of branches that change a same file, each depends on the one before. All follow one order, so that they can
 * make no cycle, neither among themselves nor with what the order already respects.
 * @param changes of each branch since it left the target
 * @param deps found by other means: what a branch takes over unchanged from one it depends on is not its own
 * @param order a topological order of `deps`
 */
export function overlapDeps(
  changes: readonly (readonly FileChange[])[],
  deps: Deps,
  order: readonly number[],
): number[][] {
  const content = changes.map((of) => new Map(of));
  const lastToChange = new Map<string, number>();
  const found = changes.map((): number[] => []);
  for (const branch of order) {
    for (const [path, blob] of changes[branch]!) {
      if (deps[branch]!.some((dep) => content[dep]!.get(path) === blob)) continue;
      const before = lastToChange.get(path);
      if (before !== undefined) found[branch]!.push(before);
      lastToChange.set(path, branch);
    }
  }
  return found.map((before) => [...new Set(before)]);
}

/** The rank of each branch by the date of its head, the oldest first, then by name. */
function byDate({ branches, commits }: Growth): number[] {
  const seconds = new Map(commits.map((commit) => [commit.sha, commit.seconds]));
  const dates = branches.map(({ sha }) => seconds.get(sha)!);
  const rank: number[] = [];
  [...dates.keys()]
    .sort((a, b) => dates[a]! - dates[b]! || a - b)
    .forEach((branch, place) => {
      rank[branch] = place;
    });
  return rank;
}
