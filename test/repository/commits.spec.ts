import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Commit } from '../../lib/repository/commits';
import { testStores } from '../support/stores';

const stores = testStores();
const WHO = { name: 'Jürgen', email: 'j@example.com', seconds: 1_700_000_000, offset: '+0130' };

describe('the commit store', () => {
  it.each(['sha1', 'sha256'] as const)('writes what git hash-object would (%s)', async (format) => {
    const { repo, git, commits } = await stores.create(format);
    const head = repo.git('rev-parse', 'HEAD');
    const tree = repo.git('rev-parse', 'HEAD^{tree}');
    for (const parents of [[], [head], [head, repo.branch('other', { a: '1' })]]) {
      const commit: Commit = { tree, parents, author: WHO, committer: WHO, message: 'Grüße\n\n日本\n' };
      const id = await commits.write(commit);
      const body = (await git.run(['cat-file', 'commit', id])).stdout;
      expect(await git.text(['hash-object', '-t', 'commit', '--stdin'], { input: body })).toBe(id);
      expect(repo.git('log', '-1', '--format=%an|%ad|%T|%P', '--date=raw', id)).toBe(
        `Jürgen|1700000000 +0130|${tree}|${parents.join(' ')}`,
      );
      expect(await commits.read(id)).toEqual(commit);
    }
    repo.git('fsck', '--strict', '--no-dangling');
  });

  it('takes a commit without a name, as fsck does', async () => {
    const { repo, commits } = await stores.create();
    const nobody = { ...WHO, name: '', email: '' };
    const tree = repo.git('rev-parse', 'HEAD^{tree}');
    const id = await commits.write({ tree, parents: [], author: nobody, committer: nobody, message: 'x' });
    repo.git('update-ref', 'refs/heads/nobody', id);
    repo.git('fsck', '--strict');
    expect((await commits.read(id)).author).toEqual(nobody);
  });

  it('writes one object once, also when two write it at once, and leaves nothing else behind', async () => {
    const first = await stores.create();
    const second = await stores.beside(first);
    const third = await stores.beside(first, 'third.git');
    const tree = first.repo.git('rev-parse', 'HEAD^{tree}');
    const commit = { tree, parents: [], author: WHO, committer: WHO, message: 'same' };
    const again = await stores.beside(first, 'third.git');
    const writers = [second, second, third, again];
    const ids = await Promise.all(writers.map(({ commits }) => commits.write(commit)));
    expect(new Set(ids).size).toBe(1);
    for (const name of ['private.git', 'third.git']) {
      const folder = join(first.repo.root, name, 'objects', ids[0]!.slice(0, 2));
      expect(readdirSync(folder)).toEqual([ids[0]!.slice(2)]);
    }
  });

  it('reads the same whatever git replaces it with', async () => {
    const { repo, commits } = await stores.create();
    const head = repo.git('rev-parse', 'HEAD');
    repo.git('replace', head, repo.commit({ a: '1' }, 'a stand-in'));
    expect((await commits.read(head)).message).toBe('base\n');
  });

  it('says what is not there or not a commit, and reads it once it is there', async () => {
    const { repo, commits } = await stores.create();
    const author = 'author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n';
    const tree = repo.git('rev-parse', 'HEAD^{tree}');
    const file = join(repo.root, 'commit');
    writeFileSync(file, `tree ${tree}\n${author}\nlate\n`);
    const id = repo.git('hash-object', '-t', 'commit', file);
    await expect(commits.read(id)).rejects.toThrow(`commit ${id} is not in the repository`);
    await expect(commits.read(tree)).rejects.toThrow(`${tree} is a tree, not a commit`);
    repo.git('hash-object', '-w', '-t', 'commit', file);
    expect((await commits.read(id)).message).toBe('late\n');
  });

  it('keeps reading past the commits it holds in memory', async () => {
    const { repo, commits } = await stores.create();
    const stream = Array.from(
      { length: 5000 },
      (_, i) => `commit refs/heads/long\ncommitter A <a@b> ${i} +0000\ndata 1\nx\n`,
    ).join('');
    execFileSync('git', ['fast-import', '--quiet'], { cwd: repo.path, input: stream });
    const ids = repo.git('rev-list', '--reverse', 'long').split('\n');
    const read = await Promise.all(ids.map((id) => commits.read(id)));
    expect(read.map((commit) => commit.committer.seconds)).toEqual(ids.map((_, i) => i));
    expect((await commits.read(ids[0]!)).committer.seconds).toBe(0);
  });
});
