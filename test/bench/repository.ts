import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Branch {
  readonly name: string;
  /** Branch that it is stacked on; `main` where it is left out. */
  readonly from?: string | undefined;
  /** What its one commit writes. */
  readonly file: string;
}

export interface BenchRepository {
  /** Holds the repository, and whatever else a bench needs. */
  readonly root: string;
  /** The work tree, with `main` checked out. */
  readonly path: string;
}

/**
 * Makes a repository with `fast-import`. Like all that benches make it is there until they end: to make files is slow for some
 * seconds after others were removed, which would count with whoever is measured next.
 * @param files how many `main` has, in folders of a hundred at most: `base/0/0` …
 * @param branches each after the one it is stacked on
 */
export function createRepository(files: number, branches: readonly Branch[]): BenchRepository {
  const root = mkdtempSync(join(tmpdir(), 'lex-pr-bench-'));
  const path = join(root, 'repository');
  mkdirSync(path);
  runGit(path, ['init', '-q', '-b', 'main']);
  const folders = Math.max(10, Math.ceil(files / 100));
  const base = Array.from({ length: files }, (_, file) => `base/${file % folders}/${file}`);
  const stream = [commit('main', undefined, ['README', ...base])];
  for (const { name, from = 'main', file } of branches) stream.push(commit(name, from, [file]));
  runGit(path, ['fast-import', '--quiet'], stream.join(''));
  runGit(path, ['reset', '-q', '--hard']);
  return { root, path };
}

function commit(name: string, from: string | undefined, files: readonly string[]): string {
  const head = `commit refs/heads/${name}\ncommitter Bench <bench@example.com> 1700000000 +0000\ndata 6\nchange\n`;
  const parent = from === undefined ? '' : `from refs/heads/${from}\n`;
  // Content of its own, or git would see renames everywhere.
  const written = files.map((file) => {
    const content = `${name} ${file}\n`;
    return `M 644 inline ${file}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
  });
  return `${head}${parent}${written.join('')}`;
}

/** @returns what git prints, without the last newline. @throws Error with what git says when it fails */
export function runGit(cwd: string, args: readonly string[], input?: string): string {
  const done = spawnSync('git', args, {
    cwd,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  });
  if (done.status !== 0) throw new Error(`git ${args.join(' ')}: ${done.error?.message ?? done.stderr}`);
  return done.stdout.trimEnd();
}
