import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Landing } from '../../lib/merge/land';
import type { Git } from '../../lib/repository/git';
import { openPrivate } from '../../lib/repository/private';
import { openSource, type Source } from '../../lib/repository/source';
import { TestRepository } from '../support/repository';

/** A repository with a branch to land, its private repository, and what to hand to `land`. */
export interface World {
  readonly repo: TestRepository;
  readonly source: Source;
  readonly privateRepository: Git;
  readonly landing: Landing;
}

/** `main` has `README`, `keep`, `edit` and `drop`; the branch `topic` edits, drops and adds `new/file`. */
export function makeRepository(): TestRepository {
  const repo = TestRepository.create();
  repo.commit({ keep: 'keep\n', edit: 'old\n', drop: 'drop\n' });
  repo.branch('topic', { edit: 'new\n', drop: null, 'new/file': 'added\n' });
  return repo;
}

/** A landing of `head` on `target`, woven in a private repository of its own. */
export async function makeLanding(
  repo: TestRepository,
  options: { repository?: string; target?: string; head?: string; home?: string; run?: string } = {},
): Promise<World> {
  const { target = 'main', head = 'topic', home = 'home', run = 'run-1' } = options;
  const source = await openSource(options.repository ?? repo.path);
  const privateRepository = await openPrivate(join(repo.root, home), source);
  if (source.kind === 'remote')
    await privateRepository.run(['fetch', '-q', source.url, 'refs/heads/*:refs/seen/*']);
  const base = repo.git('rev-parse', `refs/heads/${target}`);
  const sha = repo.git('rev-parse', `refs/heads/${head}`);
  const woven = await weave(privateRepository, base, sha, run);
  const heads = [{ item: 0, ref: `refs/heads/${head}`, sha }];
  const landing = { source, privateRepository, target, base, woven, heads, run, generation: 1 };
  return { repo, source, privateRepository, landing };
}

/** A merge of head into base that only the private repository has. */
export async function weave(git: Git, base: string, head: string, message: string): Promise<string> {
  const tree = await git.text(['merge-tree', '--write-tree', base, head]);
  const env = {
    GIT_AUTHOR_NAME: 'w',
    GIT_AUTHOR_EMAIL: 'w@w',
    GIT_COMMITTER_NAME: 'w',
    GIT_COMMITTER_EMAIL: 'w@w',
  };
  return git.text(['commit-tree', tree, '-p', base, '-p', head, '-m', message], { env });
}

/** A clone without work tree of everything in the repository, to serve as a remote or a bare source. */
export function makeBare(repo: TestRepository): { path: string; url: string } {
  const path = join(repo.root, 'bare.git');
  repo.git('clone', '-q', '--bare', repo.path, path);
  return { path, url: `file://${path}` };
}

export function plantHook(folder: string, name: string, script: string): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

/** What git shows in a folder; `config` is the user's global configuration, none by default. */
export function gitIn(folder: string, args: readonly string[], config = '/dev/null'): string {
  return execFileSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, GIT_CONFIG_GLOBAL: config, GIT_CONFIG_NOSYSTEM: '1', GIT_OPTIONAL_LOCKS: '0' },
  }).replace(/\n$/, '');
}

export function statusOf(folder: string, config?: string): string {
  return gitIn(folder, ['status', '--porcelain', '--untracked-files=all'], config);
}

/** A file's content; undefined when there is none. */
export function contentOf(folder: string, path: string): string | undefined {
  const file = join(folder, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
