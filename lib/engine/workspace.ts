import { join } from 'node:path';
import { endProcessGroups } from '../gates/process-group';
import { type Merge, openMerger } from '../merge/merger';
import { FileStore } from '../performance/file-store';
import { type CommitStore, openCommits } from '../repository/commits';
import type { Git } from '../repository/git';
import { openHome } from '../repository/home';
import { openReader } from '../repository/object-reader';
import { openPrivate } from '../repository/private';
import { openSource, type Source } from '../repository/source';
import { createTreeList, type ListTree } from '../repository/tree';
import { openSqliteStore } from '../run/sqlite-store';
import { lockHome } from './lock';

/** What a run works with, opened for one process: the repository of the plan, and what lies in `.lex-pr`. */
export interface Workspace {
  readonly home: string;
  readonly source: Source;
  /** The private repository, in which all git work happens. */
  readonly repository: Git;
  readonly commits: CommitStore;
  readonly merge: Merge;
  readonly listTree: ListTree;
  readonly store: ReturnType<typeof openSqliteStore>;
  readonly cache: FileStore;
  close(): Promise<void>;
}

export const stateFile = (home: string) => join(home, 'state.db');
export const cacheFile = (home: string) => join(home, 'cache.db');

/**
 * Locks the `.lex-pr` folder of `cwd`, ends what a dead run has left running there, and opens `repository`.
 * @throws InputError when another run holds the folder, or the repository cannot be used
 */
export async function openWorkspace(cwd: string, repository: string): Promise<Workspace> {
  const source = await openSource(repository);
  const home = await openHome(cwd);
  const unlock = lockHome(home);
  const closing: (() => unknown)[] = [unlock];
  const close = async () => {
    for (const end of closing.reverse()) await end();
  };
  try {
    const store = openSqliteStore(stateFile(home));
    closing.push(() => store.close());
    await endLeftovers(store);
    const git = await openPrivate(home, source);
    const reader = openReader(git);
    const commits = await openCommits(git, reader);
    closing.push(() => commits.close());
    const merger = openMerger(git);
    closing.push(() => merger.close());
    const cache = new FileStore(cacheFile(home));
    closing.push(() => cache.close());
    return {
      home,
      source,
      repository: git,
      commits,
      merge: merger.merge,
      listTree: createTreeList(reader),
      store,
      cache,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** We hold the lock, so whatever process is recorded belongs to a run that is dead. */
async function endLeftovers(store: Workspace['store']): Promise<void> {
  const leftovers = store.processes.all();
  await endProcessGroups(leftovers);
  for (const { pid } of leftovers) store.processes.remove(pid);
}
