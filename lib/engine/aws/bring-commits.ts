import { hasCommits } from '../../repository/bundle';
import { ensureCommits, findCommits, isGone } from '../../repository/refs';
import { type Blobs, blobKeys, SEGMENT } from './blobs';
import { takeBundles } from './bundles';
import type { RemoteWorkspace } from './repository-access';
import type { RunContext } from './run-context';

/**
 * Makes sure that the clone has commits which a run builds on: from the repository, or, where that has lost one since
 * (a branch was deleted or pushed anew, and what it had named was cleared away), from what the run has kept of it.
 * @param items whose heads are among them
 * @returns those that are nowhere any more
 */
export async function bringCommits(
  { blobs, scratch }: { readonly blobs: Blobs; readonly scratch: string },
  { source, repository }: Pick<RemoteWorkspace, 'source' | 'repository'>,
  { record }: RunContext,
  items: readonly number[],
  commits: readonly string[],
): Promise<string[]> {
  try {
    await ensureCommits(source, repository, commits);
    return [];
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  const segments = [...new Set(items.map((item) => Math.floor(item / SEGMENT)))];
  const kept = await Promise.all(
    segments.map((number) => blobs.list(blobKeys.candidates(record.id, number))),
  );
  const keys = [blobKeys.base(record.id), ...kept.flat()];
  if (await takeBundles(repository, blobs, scratch, keys, commits)) return [];
  const found = await findCommits(source, repository, commits);
  const gone: string[] = [];
  for (const commit of commits)
    if (!found.has(commit) && !(await hasCommits(repository, [commit]))) gone.push(commit);
  return gone;
}
