import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endStrays } from '../../gates/strays';
import { unpackBundle } from '../../repository/bundle';
import { type CommitStore, openCommits } from '../../repository/commits';
import { Git, runGit } from '../../repository/git';
import { type Lane, openLane } from '../../repository/lane';
import { openReader } from '../../repository/object-reader';
import { openObjects } from '../../repository/objects';
import { remove } from '../../repository/sweep';
import { createTreeList } from '../../repository/tree';
import type { AnyJob } from './protocol';
import { restore, type Snapshot, takeSnapshot } from './snapshot';
import { download } from './transfer';

/** What a job works with, for as long as it does. */
export interface JobRepository {
  /** Everything of this call is below it. */
  readonly folder: string;
  readonly commits: CommitStore;
  readonly lane: Lane;
}

/** Does some work in a repository that nobody has used before. */
export type WithRepository = <T>(work: (repository: JobRepository) => Promise<T>) => Promise<T>;

/**
 * What the bundles of a job hold. Every piece of work starts with nothing and leaves nothing: what a gate before may
 * have changed (objects, work trees, its home) is removed. Git computes the id of every object anew when it takes in
 * the bundles; what the repository is then is kept in memory, where no gate gets at it, for the work after the first.
 * @param home folder that this process has for itself, for one call at a time
 * @param isRepeated there is more than one piece of work
 * @throws GitError, system errors, an Error that names the bundle that cannot be used; what the work throws
 */
export function openJob(job: AnyJob, home: string, isRepeated = false): WithRepository {
  let kept: Snapshot | undefined;
  return async (work) => {
    const folder = await emptied(home);
    const gitDir = join(folder, 'repository.git');
    try {
      if (kept === undefined) await makeRepository(folder, gitDir, job);
      else await restore(kept, gitDir);
      if (isRepeated) kept ??= await takeSnapshot(gitDir, MAX_KEPT);
      const git = new Git(gitDir);
      const reader = openReader(git);
      const commits = openCommits(
        openObjects(git, reader, { folder: join(gitDir, 'objects'), format: job.objectFormat }),
      );
      try {
        return await work({ folder, commits, lane: await openLane(folder, git, createTreeList(reader), 0) });
      } finally {
        await reader.close();
      }
    } finally {
      endStrays(folder);
      await remove(folder);
    }
  };
}

/** Bytes of a repository that are kept in memory, of which the function has 2 GB; a larger one is made anew. */
const MAX_KEPT = 256 * 2 ** 20;

async function emptied(folder: string): Promise<string> {
  await remove(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** A bare repository with what the bundles hold. */
async function makeRepository(
  folder: string,
  gitDir: string,
  { bundles, objectFormat }: AnyJob,
): Promise<void> {
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
}
