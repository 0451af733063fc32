import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Git } from '../../lib/repository/git';
import { openHome } from '../../lib/repository/home';
import { openPrivate } from '../../lib/repository/private';
import { branchRefs, findCommits, listBranches, readRefs } from '../../lib/repository/refs';
import { openSource, type Source } from '../../lib/repository/source';
import { TestRepository } from '../support/repository';

let repo: TestRepository;
let source: Source;
let git: Git;
afterEach(() => repo.remove());

const kinds = [
  ['local', (path: string) => path],
  ['remote', (path: string) => `file://${path}`],
] as const;

describe.each(kinds)('in a %s source', (kind, name) => {
  beforeEach(async () => {
    repo = TestRepository.create();
    source = await openSource(name(repo.path));
    git = await openPrivate(await openHome(repo.root), source);
  });

  it('refs are read with the commits they name, and these are there', async () => {
    const a = repo.branch('a', { a: 'a' });
    const b = repo.branch('feature/ü b'.replace(' ', '-'), { b: 'b' });
    const read = await readRefs(source, git, ['refs/heads/a', 'refs/heads/feature/ü-b']);
    expect(read).toEqual(
      new Map([
        ['refs/heads/a', a],
        ['refs/heads/feature/ü-b', b],
      ]),
    );
    for (const commit of read.values()) await git.run(['rev-list', '--objects', commit]);
  });

  it('missing refs are absent, and so are names that are no refs', async () => {
    repo.branch('a', { a: 'a' });
    repo.branch('refs/heads/c', { c: 'c' });
    const names = ['refs/heads/b', 'refs/heads/a^', 'refs/heads/a~0', 'refs/heads/*', 'refs/heads/c', 'HEAD'];
    expect(await readRefs(source, git, [...names, '-a', '', 'refs/heads/a\nb', 'refs/heads/'])).toEqual(
      new Map(),
    );
  });

  it('no refs are no work', async () => {
    expect(await readRefs(source, git, [])).toEqual(new Map());
  });

  it('tags of tags are peeled, and a ref to a blob is absent', async () => {
    const main = repo.git('rev-parse', 'main');
    repo.git('tag', '-a', '-m', 'one', 'one', 'main');
    repo.git('tag', '-a', '-m', 'two', 'two', 'one');
    repo.git('tag', 'blob', 'main:README');
    const read = await readRefs(source, git, ['refs/tags/two', 'refs/tags/blob', 'refs/heads/main']);
    expect(read).toEqual(
      new Map([
        ['refs/tags/two', main],
        ['refs/heads/main', main],
      ]),
    );
  });

  it('a branch that moved, even backwards, is read anew', async () => {
    const ref = 'refs/heads/a';
    repo.branch('a', { a: '1' });
    await readRefs(source, git, [ref]);
    const moved = repo.branch('a', { a: '2' });
    expect((await readRefs(source, git, [ref])).get(ref)).toBe(moved);
    repo.git('update-ref', ref, 'main');
    expect((await readRefs(source, git, [ref])).get(ref)).toBe(repo.git('rev-parse', 'main'));
    repo.git('update-ref', '-d', ref);
    expect(await readRefs(source, git, [ref])).toEqual(new Map());
  });

  it('many readers at once read the same', async () => {
    const refs = Array.from({ length: 10 }, (_, i) => `refs/heads/b${i}`);
    for (let i = 0; i < 10; i++) repo.branch(`b${i}`, { [`f${i}`]: String(i) });
    const all = await Promise.all(Array.from({ length: 6 }, () => readRefs(source, git, refs)));
    for (const read of all) expect([...read.keys()].sort()).toEqual(refs);
  });

  it('a commit is had by its full id, also where no ref names it any more', async () => {
    const gone = repo.branch('gone', { gone: 'x' });
    repo.git('update-ref', '-d', 'refs/heads/gone');
    const main = repo.git('rev-parse', 'main');
    const blob = repo.git('rev-parse', 'main:README');
    const lost = ['1', '2', '3'].map((digit) => digit.repeat(40));
    const asked = [main, ...lost, gone, main.slice(0, 12), blob, 'main', '--help', `${main}^0`, main];
    expect(await findCommits(source, git, asked)).toEqual(new Set([main, gone]));
    expect(await findCommits(source, git, [])).toEqual(new Set());
  });

  it('branches are listed by the names a plan may use', async () => {
    repo.branch('x/y', { a: 'a' });
    repo.git('update-ref', 'refs/remotes/origin/z', 'main');
    repo.git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/z');
    const own = ['main', 'x/y'].map((name) => ({ name, isFetched: false }));
    const expected = kind === 'local' ? [...own, { name: 'origin/z', isFetched: true }] : own;
    expect(await listBranches(source, git)).toEqual(expected);
    expect(branchRefs(source, 'origin/z')).toContain(
      kind === 'local' ? 'refs/remotes/origin/z' : 'refs/heads/origin/z',
    );
  });
});

describe('a remote source', () => {
  it('is asked for its refs, but not fetched again, when its commits are there', async () => {
    repo = TestRepository.create();
    const trace = join(repo.root, 'trace');
    const opened = await openSource(`file://${repo.path}`);
    if (opened.kind !== 'remote') throw new Error('not remote');
    source = { ...opened, env: { ...opened.env, GIT_TRACE: trace } };
    git = await openPrivate(await openHome(repo.root), source);
    const main = await readRefs(source, git, ['refs/heads/main']);
    expect(readFileSync(trace, 'utf8')).toContain('git fetch');
    rmSync(trace);
    expect(await readRefs(source, git, ['refs/heads/main'])).toEqual(main);
    expect(readFileSync(trace, 'utf8')).toContain('git ls-remote');
    expect(readFileSync(trace, 'utf8')).not.toContain('git fetch');
  });

  it('is fetched from once for all commits that it has', async () => {
    repo = TestRepository.create();
    const trace = join(repo.root, 'trace');
    const heads = ['a', 'b', 'c'].map((name) => repo.branch(name, { [name]: name }));
    const opened = await openSource(`file://${repo.path}`);
    if (opened.kind !== 'remote') throw new Error('not remote');
    source = { ...opened, env: { ...opened.env, GIT_TRACE: trace } };
    git = await openPrivate(await openHome(repo.root), source);
    expect(await findCommits(source, git, heads)).toEqual(new Set(heads));
    expect(readFileSync(trace, 'utf8').match(/built-in: git fetch/g)).toHaveLength(1);
  });

  it('is a fault when it has gone', async () => {
    repo = TestRepository.create();
    source = {
      ...(await openSource(`file://${repo.path}`)),
      url: `file://${join(repo.root, 'gone')}`,
    } as Source;
    git = await openPrivate(await openHome(repo.root), source);
    await expect(readRefs(source, git, ['refs/heads/main'])).rejects.toThrow(
      'does not appear to be a git repository',
    );
    await expect(findCommits(source, git, ['1'.repeat(40)])).rejects.toThrow(
      'does not appear to be a git repository',
    );
  });

  it('is refused, every time, when it is shallow', async () => {
    repo = TestRepository.create();
    repo.commit({ README: 'more' });
    const shallow = join(repo.root, 'shallow');
    repo.git('clone', '-q', '--depth=1', `file://${repo.path}`, shallow);
    source = await openSource(`file://${shallow}`);
    git = await openPrivate(await openHome(repo.root), source);
    for (let i = 0; i < 2; i++)
      await expect(readRefs(source, git, ['refs/heads/main'])).rejects.toMatchObject({
        problems: [{ code: 'shallow-repository' }],
      });
  });

  it('is read with sha256 too', async () => {
    repo = TestRepository.create();
    const path = join(repo.root, 'sha256');
    repo.git('init', '-q', '-b', 'main', '--object-format=sha256', path);
    repo.git(
      '-C',
      path,
      '-c',
      'user.name=x',
      '-c',
      'user.email=x@x',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      'x',
    );
    source = await openSource(`file://${path}`);
    git = await openPrivate(await openHome(repo.root), source);
    const read = await readRefs(source, git, ['refs/heads/main']);
    expect(read.get('refs/heads/main')).toBe(repo.git('-C', path, 'rev-parse', 'main'));
  });
});
