import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Merge, openMerger } from '../../lib/merge/merger';
import { type CommitStore, openCommits } from '../../lib/repository/commits';
import { Git } from '../../lib/repository/git';
import { openReader } from '../../lib/repository/object-reader';
import { findObjects, type Objects, openObjects } from '../../lib/repository/objects';
import { TestRepository } from './repository';

export interface TestStore {
  readonly repo: TestRepository;
  readonly git: Git;
  readonly commits: CommitStore;
  readonly objects: Objects;
  readonly merge: Merge;
}

/** Repositories with their commit stores for the tests of a file; each is closed and removed after its test. */
export function testStores() {
  // Many git processes, on a machine that may be busy.
  jest.setTimeout(60_000);
  const cleanups: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  const opened = async (repo: TestRepository, gitDir: string): Promise<TestStore> => {
    const git = new Git(gitDir);
    const objects = openObjects(git, openReader(git), await findObjects(git));
    cleanups.push(() => objects.close());
    const merger = openMerger(git);
    cleanups.push(() => merger.close());
    return { repo, git, commits: openCommits(objects), objects, merge: merger.merge };
  };

  return {
    /** A fresh repository, worked on directly. */
    async create(objectFormat: 'sha1' | 'sha256' = 'sha1'): Promise<TestStore> {
      const repo = TestRepository.create();
      cleanups.push(() => repo.remove());
      if (objectFormat === 'sha256') {
        rmSync(join(repo.path, '.git'), { recursive: true });
        repo.git('init', '-q', '-b', 'main', '--object-format=sha256', '.');
        repo.git('config', 'user.name', 'Tester');
        repo.git('config', 'user.email', 'tester@example.com');
        repo.commit({}, 'base');
      }
      return opened(repo, join(repo.path, '.git'));
    },
    /** A bare repository beside a test's, which reads its objects and keeps new ones to itself. */
    async beside({ repo }: TestStore, name = 'private.git'): Promise<TestStore> {
      const gitDir = join(repo.root, name);
      const format = repo.git('rev-parse', '--show-object-format');
      execFileSync('git', ['init', '-q', '--bare', `--object-format=${format}`, '--', gitDir]);
      mkdirSync(join(gitDir, 'objects/info'), { recursive: true });
      writeFileSync(join(gitDir, 'objects/info/alternates'), `${join(repo.path, '.git/objects')}\n`);
      return opened(repo, gitDir);
    },
  };
}
