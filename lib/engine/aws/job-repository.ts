import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endStrays } from '../../gates/strays';
import { unpackBundle } from '../../repository/bundle';
import { type CommitStore, openCommits } from '../../repository/commits';
import { Git, runGit } from '../../repository/git';
import { type Lane, openLane } from '../../repository/lane';
import { openReader } from '../../repository/object-reader';
import { remove } from '../../repository/sweep';
import { createTreeList } from '../../repository/tree';
import type { AnyJob } from './protocol';
import { download } from './transfer';

/** What a job works with, for as long as it does. */
export interface JobRepository {
  /** Everything of this call is below it. */
  readonly folder: string;
  readonly commits: CommitStore;
  readonly lane: Lane;
}

/**
 * Does something with what the bundles of a job hold. Every call starts with nothing and leaves nothing: what a gate
 * of an earlier call may have changed (objects, work trees, its home) is removed, and git computes the id of every
 * object anew when it takes in the bundles.
 * @param home folder that this process has for itself, for one call at a time
 * @throws GitError, system errors, an Error that names the bundle that cannot be used; what `work` throws
 */
export async function withJobRepository<T>(
  job: AnyJob,
  home: string,
  work: (repository: JobRepository) => Promise<T>,
): Promise<T> {
  const folder = await emptied(home);
  try {
    const git = await makeRepository(folder, job);
    const reader = openReader(git);
    const commits = await openCommits(git, reader);
    try {
      return await work({ folder, commits, lane: await openLane(folder, git, createTreeList(reader), 0) });
    } finally {
      await commits.close();
    }
  } finally {
    endStrays(folder);
    await remove(folder);
  }
}

async function emptied(folder: string): Promise<string> {
  await remove(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** A bare repository with what the bundles hold. */
async function makeRepository(folder: string, { bundles, objectFormat }: AnyJob): Promise<Git> {
  const gitDir = join(folder, 'repository.git');
  const options = ['--quiet', '--bare', '--template=', '--initial-branch=main'];
  await runGit(['init', ...options, `--object-format=${objectFormat}`, '--', gitDir]);
  const git = new Git(gitDir);
  const file = join(folder, 'bundle');
  for (const { key, url } of bundles) {
    try {
      await download(url, file);
      await unpackBundle(git, file);
    } catch (error) {
      throw new Error(`${key}: ${(error as Error).message}`, { cause: error });
    }
    await rm(file);
  }
  return git;
}
