import { join } from 'node:path';
import { type Merge, openMerger } from '../merge/merger';
import { type CommitStore, openCommits } from '../repository/commits';
import type { Git } from '../repository/git';
import { openReader } from '../repository/object-reader';
import { type Objects, openObjects } from '../repository/objects';
import { openPrivate } from '../repository/private';
import type { Source } from '../repository/source';
import { createTreeList, type ListTree } from '../repository/tree';
import { openTrees } from '../repository/trees';
import type { TreeSource } from '../repository/write-changes';

/** The git part of what a run works with. */
export interface GitWorkspace {
  readonly source: Source;
  /** The private repository, in which all git work happens. */
  readonly repository: Git;
  readonly commits: CommitStore;
  /** Undefined where all is in memory. */
  readonly objects?: Objects;
  readonly merge: Merge;
  /** Starts what merges, where it is not there yet; whoever merges soon need not wait for it then. */
  readonly prepareMerge?: () => void;
  readonly listTree: ListTree;
  /** What work trees are made of; undefined where all is in memory. */
  readonly treeSource?: TreeSource;
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
  reader.prepare();
  const place = { folder: join(repository.gitDir, 'objects'), format: source.objectFormat };
  const objects = openObjects(repository, reader, place);
  const merger = openMerger(repository);
  return {
    source,
    repository,
    commits: openCommits(objects),
    objects,
    merge: merger.merge,
    prepareMerge: merger.prepare,
    listTree: createTreeList(reader),
    treeSource: { trees: openTrees(objects), reader },
    async close() {
      await Promise.all([merger.close(), objects.close()]);
    },
  };
}
