import { join } from 'node:path';
import type { Note } from '../discover/note';
import { refuse } from '../errors';
import { endContainer } from '../gates/containers';
import { endProcessGroups } from '../gates/process-group';
import { openProcessRecords, type ProcessRecords } from '../gates/process-records';
import type { CacheStore } from '../performance/cache-store';
import { findHome, makeHome } from '../repository/home';
import { openSource } from '../repository/source';
import { openSqliteStore } from '../run/sqlite-store';
import { type GitWorkspace, openGitWorkspace } from './git-workspace';
import { sweepArtifacts } from './kept-artifacts';
import { lockHome } from './lock';
import { openCache } from './open-cache';
import { forgetRun } from './running';

/** What a run works with, opened for one process: the repository of the plan, and what lies in `.lex-pr`. */
export interface Workspace extends GitWorkspace {
  readonly home: string;
  readonly store: ReturnType<typeof openSqliteStore>;
  readonly processes: ProcessRecords;
  readonly cache: CacheStore;
  /** What there is to say of what was opened. */
  readonly notes: readonly Note[];
  close(): Promise<void>;
}

export const stateFile = (home: string) => join(home, 'state.db');

/** For `openProcessRecords`. */
export const processesFolder = (home: string) => join(home, 'processes');

/**
 * Locks the `.lex-pr` folder of `cwd` (by default or it is refused while another run goes on), ends what a dead run has left running there, and opens `repository`.
 * @throws InputError when another run holds the folder, or the repository cannot be used
 */
export async function openWorkspace(
  cwd: string,
  repository: string,
  lock: (home: string) => Promise<() => void> | (() => void) = lockHome,
): Promise<Workspace> {
  // Asked meanwhile; what is wrong with the repository is told first.
  const found = findHome(cwd);
  found.catch(() => {});
  const source = await openSource(repository);
  const home = await makeHome(await found);
  const unlock = await lock(home);
  const closing: (() => unknown)[] = [unlock];
  const close = async () => {
    for (const end of closing.reverse()) await end();
  };
  try {
    // What a dead run has left.
    forgetRun(home);
    closing.push(() => forgetRun(home));
    const store = openSqliteStore(stateFile(home));
    closing.push(() => store.close());
    const processes = openProcessRecords(processesFolder(home));
    await endLeftovers({ store, processes });
    const git = await openGitWorkspace(home, source);
    closing.push(() => git.close());
    const cache = openCache(home);
    closing.push(() => cache.close());
    // What cannot be removed now may be next time; it keeps no run from starting.
    if (cache.file !== undefined) await sweepArtifacts(home, cache.file).catch(() => {});
    return { ...git, home, store, processes, cache: cache.store, notes: cache.notes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * We hold the lock, so whatever process or container is recorded belongs to a run that is dead.
 * @throws InputError when a container cannot be ended: it may still change files of a lane
 */
async function endLeftovers({ store, processes }: Pick<Workspace, 'store' | 'processes'>): Promise<void> {
  await endProcessGroups(processes.all());
  processes.forget();
  for (const container of store.containers.all()) {
    await endContainer(container).catch((error: unknown) => {
      const { name, cli } = container;
      const hint = `see that its engine works, or end it: ${cli} rm --force ${name}`;
      throw refuse('leftover-container', `of a dead run: ${(error as Error).message}`, hint);
    });
    store.containers.remove(container.name);
  }
}
