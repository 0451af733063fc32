import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { discover } from '../../lib/discover/discover';
import { CLI } from '../support/cli';
import { testRepositories } from '../support/repository';
import { discoverDeps, notesOf, refusalOf } from './discovered';

const create = testRepositories();

describe('the branches of a plan', () => {
  it('are by default the local ones that the target does not contain', async () => {
    const repo = create();
    repo.branch('b', { b: '1\n' });
    repo.branch('a', { a: '1\n' });
    repo.git('branch', 'at-main');
    repo.git('update-ref', 'refs/remotes/origin/c', repo.branch('c', { c: '1\n' }));
    repo.git('branch', '-D', 'c');
    repo.git('tag', 'v1', 'a');
    const discovery = await discover(repo.path, {});
    expect(discovery.target).toBe('main');
    expect(discovery.items.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(discovery.items.map(({ sha }) => sha)).toEqual([
      repo.git('rev-parse', 'a'),
      repo.git('rev-parse', 'b'),
    ]);
    expect(notesOf(discovery, 'merged')).toEqual(['left out, main has it already: at-main']);
  });

  it('are those that match one of the patterns, whose * matches slashes as for git branch --list', async () => {
    const repo = create();
    for (const name of ['feature/a', 'feature/deep/b', 'fix/1', 'fix/2', 'other'])
      repo.branch(name, { [name.replaceAll('/', '-')]: '1\n' });
    const found = await discoverDeps(repo, { branches: ['feature/*', 'fix/[2-9]'] });
    expect(Object.keys(found)).toEqual(['feature/a', 'feature/deep/b', 'fix/2']);
  });

  it('include those that are checked out, here or elsewhere, at their heads', async () => {
    const repo = create();
    const a = repo.branch('a', { a: '1\n' });
    repo.branch('b', { b: '1\n' });
    repo.git('checkout', '-q', 'a');
    repo.git('worktree', 'add', '-q', `${repo.root}/elsewhere`, 'b');
    const { items } = await discover(repo.path, {});
    expect(items).toEqual([
      { name: 'a', sha: a, deps: [] },
      { name: 'b', sha: repo.git('rev-parse', 'b'), deps: [] },
    ]);
  });

  it('are found from a detached HEAD, from a folder inside and in a bare repository', async () => {
    const repo = create();
    repo.branch('feature/a', { 'inside/file': '1\n' });
    repo.git('checkout', '-q', '--detach', 'feature/a');
    const inside = await discover(`${repo.path}/inside`, { branches: ['*/a'] });
    expect(inside.items.map(({ name }) => name)).toEqual(['feature/a']);
    const bare = await discover(`${repo.path}/.git`, {});
    expect(bare.items.map(({ name }) => name)).toEqual(['feature/a']);
  });

  it('with one head become one item, under the first name', async () => {
    const repo = create();
    repo.branch('b', { b: '1\n' });
    repo.git('branch', 'a', 'b');
    repo.git('branch', 'c', 'b');
    repo.branch('d', { d: '1\n' }, 'c');
    const discovery = await discover(repo.path, {});
    expect(discovery.items.map(({ name, deps }) => [name, deps])).toEqual([
      ['a', []],
      ['d', ['a']],
    ]);
    expect(notesOf(discovery, 'same-head')).toEqual(['one item, the head is the same: a, b, c']);
  });

  it('are left out where they share no history with the target', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    repo.git('checkout', '-q', '--orphan', 'pages');
    repo.commit({ page: '1\n' });
    const discovery = await discover(repo.path, {});
    expect(discovery.items.map(({ name }) => name)).toEqual(['a']);
    expect(notesOf(discovery, 'unrelated')).toEqual([
      'left out, no history in common with the target: pages',
    ]);
  });

  it('are left out where a plan cannot name them', async () => {
    const repo = create();
    const long = `${'l'.repeat(200)}/${'l'.repeat(100)}`;
    repo.branch(long, { a: '1\n' });
    const discovery = await discover(repo.path, {});
    expect(discovery.items).toEqual([]);
    expect(notesOf(discovery, 'no-name')).toEqual([`left out, no item can have such a name: ${long}`]);
  });

  it('may have any name that git takes', async () => {
    const repo = create();
    const names = ['"quoted"', '$(touch)', "'", '-rf', '--all', 'a,b', 'null', 'ünï/cödé', '🦊'];
    for (const name of names) repo.branch(name, { [`file-${names.indexOf(name)}`]: '1\n' });
    expect(Object.keys(await discoverDeps(repo))).toEqual(names.toSorted());
    expect(Object.keys(await discoverDeps(repo, { branches: ['--all', '-rf'] }))).toEqual(['--all', '-rf']);
  });

  it('are the same whatever the repository configures for the eyes of people', async () => {
    const repo = create();
    repo.branch('feature/ä', { a: '1\n' });
    repo.branch('feature/b', { b: '1\n' }, 'main', 'b\n\nDepends-on: feature/ä');
    const settings = { 'column.ui': 'always', 'color.ui': 'always', 'log.showSignature': 'true' };
    const more = { 'branch.sort': '-committerdate', 'i18n.logOutputEncoding': 'ISO-8859-1' };
    for (const [key, value] of Object.entries({ ...settings, ...more })) repo.git('config', key, value);
    const found = await discoverDeps(repo, { branches: ['feature/*'], infer: 'overlap' });
    expect(found).toEqual({ 'feature/b': ['feature/ä'], 'feature/ä': [] });
  });

  it('are left out where they name no commit', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    writeFileSync(join(repo.path, '.git/refs/heads/tree'), `${repo.git('rev-parse', 'main^{tree}')}\n`);
    const discovery = await discover(repo.path, {});
    expect(discovery.items.map(({ name }) => name)).toEqual(['a']);
    expect(notesOf(discovery, 'no-commit')).toEqual(['left out, not a commit: tree']);
  });

  it('are refused by name where the repository has lost what one of them names', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    writeFileSync(join(repo.path, '.git/refs/heads/lost'), `${'12'.repeat(20)}\n`);
    expect(await refusalOf(repo)).toEqual([
      {
        code: 'broken-branch',
        message: `the repository is damaged: missing object ${'12'.repeat(20)} for refs/heads/lost`,
        hint: 'see `git fsck`, or delete it',
      },
    ]);
  });

  it('match hundreds of patterns with the few files that a process may have open', async () => {
    const repo = create();
    repo.branches(Array.from({ length: 300 }, (_, at) => ({ name: `b${at}` })));
    const patterns = Array.from({ length: 300 }, (_, at) => `--branches=b${at}`);
    const script = 'ulimit -n 128; exec "$0" "$@"';
    const args = ['-c', script, process.execPath, CLI, 'plan', '--json', ...patterns];
    const { status, stdout } = spawnSync('/bin/sh', args, { cwd: repo.path, encoding: 'utf8' });
    expect(status).toBe(0);
    expect(JSON.parse(stdout).items).toHaveLength(300);
  });

  it('must exist for every pattern', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    const problems = await refusalOf(repo, { branches: ['x/*', 'a', '-y'] });
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ['no-such-branches', 'no local branch matches "x/*"'],
      ['no-such-branches', 'no local branch matches "-y"'],
    ]);
  });
});

describe('the target of a plan', () => {
  it('is master where there is no main', async () => {
    const repo = create();
    repo.git('branch', '-m', 'main', 'master');
    expect((await discover(repo.path, {})).target).toBe('master');
  });

  it('is the one asked for; main is then a branch like any other', async () => {
    const repo = create();
    repo.git('branch', 'release');
    repo.commit({ new: '1\n' });
    const { target, items } = await discover(repo.path, { target: 'release' });
    expect(target).toBe('release');
    expect(items.map(({ name }) => name)).toEqual(['main']);
  });

  it('must be a local branch; a misspelt one is refused with the nearest name', async () => {
    const repo = create();
    const [problem] = await refusalOf(repo, { target: 'mian' });
    expect(problem).toEqual({
      code: 'unknown-target',
      message: 'the target "mian" is not a local branch',
      hint: 'did you mean "main"?',
    });
  });

  it('cannot be there before the first commit', async () => {
    const repo = create();
    rmSync(join(repo.path, '.git'), { recursive: true });
    repo.git('init', '-q', '-b', 'main', '.');
    expect(await refusalOf(repo)).toMatchObject([
      { code: 'unknown-target', hint: 'the repository has no branch yet: make a first commit' },
    ]);
  });

  it('is looked for in a repository', async () => {
    const repo = create();
    await expect(discover(repo.root, {})).rejects.toThrow(/is not a git repository/);
  });
});
