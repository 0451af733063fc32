import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mergeCommits } from '../../lib/merge/merge-commits';
import { type Merger, openMerger } from '../../lib/merge/merger';
import { testStores } from '../support/stores';

const stores = testStores();

describe('the merger', () => {
  it('gives what a process each gives: clean, conflict, unrelated, again and again', async () => {
    const { repo, git, merge } = await stores.create();
    const base = repo.git('rev-parse', 'main');
    const heads = [
      repo.branch('a', { 'one file': '1\n', f: 'a\n' }),
      repo.branch('b', { f: 'b\n', 'd/ü\n"x"': 'b\n' }),
      repo.branch('c', { g: 'c\n' }),
    ];
    repo.git('checkout', '-q', '--orphan', 'stranger');
    heads.push(repo.commit({ s: 's\n' }), base);
    for (const ours of heads) {
      for (const theirs of heads)
        expect(await merge(ours, theirs)).toEqual(await mergeCommits(git, ours, theirs));
    }
  });

  it('answers each of many at once with its own result', async () => {
    const { repo, git, merge } = await stores.create();
    const heads = [...Array(12).keys()].map((i) => repo.branch(`b${i}`, { [`f${i}`]: `${i}\n` }));
    const expected = await Promise.all(heads.map((head) => mergeCommits(git, heads[0]!, head)));
    expect(await Promise.all(heads.map((head) => merge(heads[0]!, head)))).toEqual(expected);
  });

  it('fails on a commit that is not there, and goes on with the next', async () => {
    const { repo, merge } = await stores.create();
    const head = repo.branch('a', { f: 'a\n' });
    await expect(merge(head, '1'.repeat(40))).rejects.toThrow('git merge-tree');
    expect((await merge(repo.git('rev-parse', 'main'), head)).kind).toBe('clean');
  });

  it('merges commits that were written after it started', async () => {
    const { repo, commits, merge } = await stores.create();
    const head = repo.branch('a', { f: 'a\n' });
    expect((await merge(head, repo.branch('b', { g: 'b\n' }))).kind).toBe('clean');
    const { tree, author } = await commits.read(head);
    const late = await commits.write({ tree, parents: [head], author, committer: author, message: 'late\n' });
    expect(await merge(late, head)).toEqual({ kind: 'clean', tree });
  });

  it('merges the same whatever the user has configured', async () => {
    const { repo, git } = await stores.create();
    const [ours, theirs] = [repo.branch('a', { f: 'a\n' }), repo.branch('b', { f: 'b\n' })];
    writeFileSync(join(repo.root, 'attributes'), '* merge=union\n');
    const { GIT_CONFIG_GLOBAL } = process.env;
    const merger = openMerger(git);
    try {
      process.env.GIT_CONFIG_GLOBAL = join(repo.root, 'gitconfig');
      writeFileSync(process.env.GIT_CONFIG_GLOBAL, `[core]\n\tattributesFile = ${repo.root}/attributes\n`);
      expect(await merger.merge(ours, theirs)).toEqual({ kind: 'conflict', paths: ['f'] });
    } finally {
      if (GIT_CONFIG_GLOBAL === undefined) delete process.env.GIT_CONFIG_GLOBAL;
      else process.env.GIT_CONFIG_GLOBAL = GIT_CONFIG_GLOBAL;
      await merger.close();
    }
  });

  it('has one process for all merges, ahead of the first, which has ended when it is closed; then none', async () => {
    const { repo, git } = await stores.create();
    const [a, b] = [repo.branch('a', { f: 'a\n' }), repo.branch('b', { g: 'b\n' })];
    const log = join(repo.root, 'log');
    const stdbuf = execFileSync('/bin/sh', ['-c', 'command -v stdbuf'], { encoding: 'utf8' }).trim();
    const script = `#!/bin/sh\necho started >> '${log}'\n${stdbuf} "$@"\necho ended >> '${log}'\n`;
    mkdirSync(`${repo.root}/bin`);
    writeFileSync(`${repo.root}/bin/stdbuf`, script, { mode: 0o755 });
    const path = process.env.PATH;
    process.env.PATH = `${repo.root}/bin:${path}`;
    const [asked, idle, closed] = [openMerger(git), openMerger(git), openMerger(git)];
    const logged = async (merger: Merger) => {
      await merger.close();
      const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : [];
      rmSync(log, { force: true });
      return lines;
    };
    try {
      for (const ours of [a, b, a]) expect((await asked.merge(ours, b)).kind).toBe('clean');
      asked.prepare();
      expect(await logged(asked)).toEqual(['started', 'ended']);
      idle.prepare();
      expect(await logged(idle)).toEqual(['started', 'ended']);
      await closed.close();
      closed.prepare();
      expect(await logged(closed)).toEqual([]);
    } finally {
      process.env.PATH = path;
      for (const merger of [asked, idle, closed]) await merger.close();
    }
  });

  it('merges one process at a time where there is no stdbuf', async () => {
    const { repo, git } = await stores.create();
    const [a, b] = [repo.branch('a', { f: 'a\n' }), repo.branch('b', { g: 'b\n' })];
    const path = process.env.PATH;
    const merger = openMerger(git);
    try {
      // A folder with git alone.
      mkdirSync(`${repo.root}/bin`);
      symlinkSync(
        execFileSync('/bin/sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim(),
        `${repo.root}/bin/git`,
      );
      process.env.PATH = `${repo.root}/bin`;
      merger.prepare();
      // By then it is known that there is none, and nobody has asked yet.
      await sleep(100);
      expect((await merger.merge(a, b)).kind).toBe('clean');
      expect((await merger.merge(b, a)).kind).toBe('clean');
    } finally {
      process.env.PATH = path;
      await merger.close();
    }
  });
});
