import { type Merge, openMerger } from '../merge/merger';
import { type CommitStore, openCommits } from '../repository/commits';
import type { Git } from '../repository/git';
import { openReader } from '../repository/object-reader';
import { openPrivate } from '../repository/private';
import type { Source } from '../repository/source';
import { createTreeList, type ListTree } from '../repository/tree';

/** The git part of what a run works with. */
export interface GitWorkspace {
  readonly source: Source;
  /** The private repository, in which all git work happens. */
  readonly repository: Git;
  readonly commits: CommitStore;
  readonly merge: Merge;
  readonly listTree: ListTree;
}

/**
 * Opens the private repository of a source below `home`. `close` ends the processes behind it.
 * @throws GitError when it cannot be made
 */
export async function openGitWorkspace(
  home: string,
  source: Source,
): Promise<GitWorkspace & { close(): Promise<void> }> {
  const repository = await openPrivate(home, source);
  const reader = openReader(repository);
  const commits = await openCommits(repository, reader);
  const merger = openMerger(repository);
  return {
    source,
    repository,
    commits,
    merge: merger.merge,
    listTree: createTreeList(reader),
    async close() {
      await merger.close();
      await commits.close();
    },
  };
}
