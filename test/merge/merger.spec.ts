import { mergeCommits } from '../../lib/merge/merge-commits';
import { openMerger } from '../../lib/merge/merger';
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

  it('merges one process at a time where there is no stdbuf', async () => {
    const { repo, git } = await stores.create();
    const [a, b] = [repo.branch('a', { f: 'a\n' }), repo.branch('b', { g: 'b\n' })];
    const path = process.env.PATH;
    const merger = openMerger(git);
    try {
      // A folder with git alone.
      const { mkdirSync, symlinkSync } = await import('node:fs');
      const { execFileSync } = await import('node:child_process');
      mkdirSync(`${repo.root}/bin`);
      symlinkSync(
        execFileSync('/bin/sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim(),
        `${repo.root}/bin/git`,
      );
      process.env.PATH = `${repo.root}/bin`;
      expect((await merger.merge(a, b)).kind).toBe('clean');
      expect((await merger.merge(b, a)).kind).toBe('clean');
    } finally {
      process.env.PATH = path;
      await merger.close();
    }
  });
});
