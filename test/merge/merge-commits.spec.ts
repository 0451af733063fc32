import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { mergeCommits } from '../../lib/merge/merge-commits';
import { openMerger } from '../../lib/merge/merger';
import { Git, GitError } from '../../lib/repository/git';
import { type TestStore, testStores } from '../support/stores';

const stores = testStores();

/** Runs an edit of the work tree on a branch from `main` and commits it. */
function branch({ repo }: TestStore, edit: () => void): string {
  repo.git('checkout', '-q', '--detach', 'main');
  edit();
  const commit = repo.commit({});
  repo.git('checkout', '-q', 'main');
  return commit;
}

const LINES = Array.from({ length: 20 }, (_, i) => `line ${i}\n`);
const withLine = (at: number, text: string) =>
  LINES.map((line, i) => (i === at ? `${text}\n` : line)).join('');

describe('merging two commits', () => {
  it.each(['sha1', 'sha256'] as const)('joins edits of both sides (%s)', async (format) => {
    const { repo, git } = await stores.create(format);
    repo.commit({ f: LINES.join('') });
    const a = repo.branch('a', { f: withLine(2, 'a') });
    const b = repo.branch('b', { f: withLine(17, 'b'), 'new/file': 'x' });
    const merged = await mergeCommits(git, a, b);
    expect(merged.kind).toBe('clean');
    const tree = merged.kind === 'clean' ? merged.tree : '';
    expect(`${repo.git('show', `${tree}:f`)}\n`).toBe(withLine(2, 'a').replace('line 17\n', 'b\n'));
    expect(repo.show(tree, 'new/file')).toBe('x');
  });

  it('applies an edit to a file that the other side has renamed', async () => {
    const { repo, git } = await stores.create();
    repo.commit({ 'old name': LINES.join('') });
    const renamed = repo.branch('a', { 'old name': null, 'new/name': LINES.join('') });
    const edited = repo.branch('b', { 'old name': withLine(3, 'edit') });
    const merged = await mergeCommits(git, renamed, edited);
    if (merged.kind !== 'clean') throw new Error(merged.kind);
    expect(repo.git('ls-tree', '-r', '--name-only', merged.tree)).toBe('README\nnew/name');
    expect(`${repo.show(merged.tree, 'new/name')}\n`).toBe(withLine(3, 'edit'));
  });

  it('merges criss-cross histories as git does', async () => {
    const { repo, git } = await stores.create();
    repo.commit({ f: LINES.join('') });
    repo.git('checkout', '-q', '-b', 'a');
    repo.commit({ f: withLine(1, 'a') });
    repo.git('checkout', '-q', '-b', 'b', 'main');
    repo.commit({ f: withLine(10, 'b') });
    repo.git('tag', 'b1');
    repo.git('merge', '-q', '--no-edit', 'a');
    const b = repo.commit({ g: 'b' });
    repo.git('checkout', '-q', 'a');
    repo.git('merge', '-q', '--no-edit', 'b1');
    const a = repo.commit({ f: withLine(1, 'a').replace('line 10\n', 'b\n').replace('line 19\n', 'end\n') });
    expect(repo.git('merge-base', '--all', a, b).split('\n')).toHaveLength(2);
    repo.git('merge', '-q', '--no-edit', b);
    expect(await mergeCommits(git, a, b)).toEqual({
      kind: 'clean',
      tree: repo.git('rev-parse', 'HEAD^{tree}'),
    });
  });

  it('names the paths of a conflict as they are, sorted, each once', async () => {
    const { repo, git } = await stores.create();
    const names = [
      'with space',
      'a "quote"',
      "it's",
      'ümläut 日本',
      'new\nline',
      '-dash',
      'tab\t',
      'back\\slash',
    ];
    const files = (content: string) => Object.fromEntries(names.map((name) => [name, content]));
    repo.commit(files('base\n'));
    const a = repo.branch('a', files('a\n'));
    const b = repo.branch('b', files('b\n'));
    expect(await mergeCommits(git, a, b)).toEqual({ kind: 'conflict', paths: [...names].sort() });
  });

  it('reports a file that one side deletes and the other edits', async () => {
    const { repo, git } = await stores.create();
    repo.commit({ f: LINES.join('') });
    const a = repo.branch('a', { f: null });
    const b = repo.branch('b', { f: withLine(3, 'edit') });
    expect(await mergeCommits(git, a, b)).toEqual({ kind: 'conflict', paths: ['f'] });
    expect(await mergeCommits(git, b, a)).toEqual({ kind: 'conflict', paths: ['f'] });
  });

  it('reports symlinks that point elsewhere, or meet a file or a folder, by the path in the commits', async () => {
    const store = await stores.create();
    store.repo.commit({ link: 'text\n', 'folder/f': '1' });
    const at = (name: string) => join(store.repo.path, name);
    const toLink = (target: string) => () => {
      rmSync(at('link'));
      symlinkSync(target, at('link'));
    };
    const one = branch(store, toLink('one'));
    const two = branch(store, toLink('two'));
    const text = branch(store, () => writeFileSync(at('link'), 'other\n'));
    const file = branch(store, () => {
      rmSync(at('folder'), { recursive: true });
      writeFileSync(at('folder'), 'now a file');
    });
    const edit = branch(store, () => writeFileSync(at('folder/f'), '2'));
    const conflict = (paths: string[]) => ({ kind: 'conflict', paths });
    expect(await mergeCommits(store.git, one, two)).toEqual(conflict(['link']));
    expect(await mergeCommits(store.git, one, text)).toEqual(conflict(['link']));
    expect(await mergeCommits(store.git, file, edit)).toEqual(conflict(['folder', 'folder/f']));
  });

  it('keeps a mode that one side has changed and an edit of the other', async () => {
    const store = await stores.create();
    store.repo.commit({ 'run.sh': LINES.join('') });
    const mode = branch(store, () => chmodSync(join(store.repo.path, 'run.sh'), 0o755));
    const edit = store.repo.branch('b', { 'run.sh': withLine(3, 'edit') });
    const merged = await mergeCommits(store.git, mode, edit);
    if (merged.kind !== 'clean') throw new Error(merged.kind);
    expect(store.repo.git('ls-tree', merged.tree, 'run.sh')).toMatch(/^100755 /);
    expect(`${store.repo.show(merged.tree, 'run.sh')}\n`).toBe(withLine(3, 'edit'));
  });

  it('moves a submodule that one side has moved, and reports one that both have', async () => {
    const { repo, git } = await stores.create();
    // Made without a work tree, which would lack the submodule.
    const commit = (id: string, ...parents: string[]) =>
      repo.git('commit-tree', '-m', id, ...parents, submoduleTree(repo.path, id));
    const base = commit('1');
    const other = commit('1', '-p', base);
    const two = commit('2', '-p', base);
    const three = commit('3', '-p', base);
    const merged = await mergeCommits(git, other, two);
    if (merged.kind !== 'clean') throw new Error(merged.kind);
    expect(repo.git('ls-tree', merged.tree)).toBe(`160000 commit ${'2'.repeat(40)}\tsub`);
    expect(await mergeCommits(git, two, three)).toEqual({ kind: 'conflict', paths: ['sub'] });
  });

  it('tells histories that share nothing', async () => {
    const { repo, git } = await stores.create();
    const stranger = repo.git('commit-tree', '-m', 'stranger', 'HEAD^{tree}');
    expect(await mergeCommits(git, repo.git('rev-parse', 'HEAD'), stranger)).toEqual({ kind: 'unrelated' });
  });

  it('fails when a commit is missing, rather than finding an answer', async () => {
    const { repo, git } = await stores.create();
    const merging = mergeCommits(git, repo.git('rev-parse', 'HEAD'), '1'.repeat(40));
    await expect(merging).rejects.toThrow(GitError);
    // No branch is to blame for that.
    const elsewhere = new Git(join(repo.root, 'no-repository'));
    const head = repo.git('rev-parse', 'HEAD');
    await expect(mergeCommits(elsewhere, head, head)).rejects.toThrow(GitError);
  });

  it('runs no merge driver of the repository it reads from', async () => {
    const store = await stores.create();
    const { repo } = store;
    const ran = join(repo.root, 'driver-ran');
    repo.git('config', 'merge.evil.driver', `touch '${ran}'`);
    repo.commit({ '.gitattributes': '* merge=evil\n', f: LINES.join('') });
    const a = repo.branch('a', { f: withLine(2, 'a') });
    const b = repo.branch('b', { f: withLine(17, 'b') });
    const { git } = await stores.beside(store);
    const merged = await mergeCommits(git, a, b);
    if (merged.kind !== 'clean') throw new Error(merged.kind);
    expect(existsSync(ran)).toBe(false);
    // The same in the repository itself does run it.
    repo.git('checkout', '-q', 'a');
    repo.git('merge', '-q', '--no-edit', 'b');
    expect(existsSync(ran)).toBe(true);
  });

  it('takes history as it was committed, whatever replace refs and grafts say', async () => {
    const store = await stores.create();
    const { repo } = store;
    repo.commit({ f: LINES.join('') });
    const a = repo.branch('a', { f: withLine(2, 'a') });
    const b = repo.branch('b', { f: withLine(17, 'b') });
    const { git } = await stores.beside(store);
    const before = await mergeCommits(git, a, b);
    expect(before.kind).toBe('clean');
    repo.git('replace', b, repo.branch('c', { f: 'replaced' }));
    writeFileSync(join(repo.path, '.git/info/grafts'), `${a}\n`);
    expect(await mergeCommits(git, a, b)).toEqual(before);
  });

  it('gives the tree that git merge gives in a work tree, whatever both sides edit', async () => {
    const { repo, git } = await stores.create();
    const file = fc.constantFrom('one', 'two', 'dir/three', 'dir/four', 'five');
    const content = fc
      .array(fc.tuple(fc.nat(19), fc.constantFrom('x', 'y')), { maxLength: 3 })
      .map((edits) => edits.reduce((lines, [at, to]) => lines.with(at, `${to}\n`), LINES).join(''));
    const side = fc.dictionary(file, fc.option(content, { freq: 4 }), { minKeys: 1, maxKeys: 3 });
    repo.commit({ one: LINES.join(''), two: `2\n${LINES.join('')}`, 'dir/three': `3\n${LINES.join('')}` });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(side, side, async (left, right) => {
        round += 1;
        const ours = repo.branch(`left-${round}`, left);
        const theirs = repo.branch(`right-${round}`, right);
        repo.git('checkout', '-q', '--detach', ours);
        const byGit = mergeInWorkTree(repo.path, theirs);
        repo.git('checkout', '-qf', 'main');
        expect(await mergeCommits(git, ours, theirs)).toEqual(byGit);
      }),
      { numRuns: 15 },
    );
  });
});

it('calls it a conflict where git aborts over a bug of its own, as 2.39 does over these renames', async () => {
  const { repo, git } = await stores.create();
  const content = LINES.join('');
  const all = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, content]));
  const none = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, null]));
  repo.commit(all('f', 'h', 'a-', 'a.x', 'a', 'c/a/b/f', 'c/a/b/a'));
  const ours = repo.branch('ours', { ...none('f', 'h', 'a', 'c/a/b/f', 'c/a/b/a'), ...all('a/b/f') });
  const theirs = repo.branch('theirs', { ...none('h'), ...all('c/h') });
  const { signal } = spawnSync('git', ['merge-tree', '--write-tree', ours, theirs], { cwd: repo.path });
  const merger = openMerger(git);
  for (const merge of [merger.merge, (a: string, b: string) => mergeCommits(git, a, b)]) {
    const merged = await merge(ours, theirs);
    if (signal === 'SIGABRT') expect(merged).toEqual({ kind: 'conflict', paths: [] });
    else expect(merged.kind).toBe('conflict');
  }
  // The next merge is one as any other.
  expect(await merger.merge(ours, repo.git('rev-parse', 'main'))).toMatchObject({ kind: 'clean' });
  await merger.close();
});

/** A tree that holds nothing but a submodule `sub`. */
function submoduleTree(cwd: string, id: string): string {
  const input = `160000 commit ${id.repeat(40)}\tsub\n`;
  return execFileSync('git', ['mktree', '--missing'], { cwd, input, encoding: 'utf8' }).trim();
}

function mergeInWorkTree(cwd: string, theirs: string) {
  const run = (...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8', stdio: 'pipe' });
  try {
    run('merge', '-q', '--no-ff', '--no-edit', theirs);
    return { kind: 'clean', tree: run('rev-parse', 'HEAD^{tree}').trim() };
  } catch {
    const unmerged = run('ls-files', '-u', '-z').split('\0').slice(0, -1);
    run('merge', '--abort');
    return { kind: 'conflict', paths: [...new Set(unmerged.map((line) => line.split('\t')[1]))].sort() };
  }
}
