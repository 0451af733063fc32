import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesInTheWay, pathsAdded, pathsBetween } from '../../lib/merge/checkouts';
import { Git } from '../../lib/repository/git';
import { openSource } from '../../lib/repository/source';
import type { TestRepository } from '../support/repository';
import { gitIn, makeBare, makeRepository } from './landing-world';

let repo: TestRepository;

beforeEach(() => {
  process.env.GIT_CONFIG_GLOBAL = '/dev/null';
  repo = makeRepository();
});

afterEach(() => repo.remove());

function write(path: string, content = 'mine\n'): void {
  mkdirSync(join(repo.path, path, '..'), { recursive: true });
  writeFileSync(join(repo.path, path), content);
}

/** As `why path`, for the main work tree unless it says otherwise. */
async function inTheWay(incoming: readonly string[] = [], target = 'main'): Promise<string[]> {
  const source = await openSource(repo.path);
  const found = await filesInTheWay(source, target, async (within = '') => {
    const isWithin = (path: string) => within === '' || path === within || path.startsWith(`${within}/`);
    return new Set(incoming.filter(isWithin));
  });
  return found.map(
    ({ workTree, path, why }) => `${workTree === repo.path ? '' : `${workTree}: `}${why} ${path}`,
  );
}

describe('files in the way', () => {
  it('are none in a clean work tree, and nothing is asked or written', async () => {
    const index = readFileSync(join(repo.path, '.git/index'));
    write('edit', 'old\n');
    const asked = jest.fn();
    expect(await filesInTheWay(await openSource(repo.path), 'main', asked)).toEqual([]);
    expect(asked).not.toHaveBeenCalled();
    expect(readFileSync(join(repo.path, '.git/index')).equals(index)).toBe(true);
  });

  it('are changed, staged, deleted, added and intended files, under any name', async () => {
    repo.commit({ 'a b': '', 'ünï\n"c"': '', '-d': '' });
    write('a b');
    write('ünï\n"c"');
    write('-d');
    repo.git('rm', '-q', 'drop');
    write('staged');
    repo.git('add', 'staged', '--', '-d');
    write('intended');
    repo.git('add', '-N', 'intended');
    const names = ['-d', 'a b', 'drop', 'intended', 'staged', 'ünï\n"c"'];
    expect(await inTheWay()).toEqual(names.map((name) => `modified ${name}`));
  });

  it('are unmerged files and the merge that left them', async () => {
    repo.branch('clash', { edit: 'other\n' });
    repo.git('merge', '-q', '--no-edit', 'topic');
    expect(() => repo.git('merge', 'clash')).toThrow();
    expect(await inTheWay()).toEqual(['modified .git/MERGE_HEAD', 'modified edit']);
  });

  it('are a rebase of the target that is in progress, though HEAD is detached meanwhile', async () => {
    repo.commit({ edit: 'mine\n' });
    expect(() => repo.git('rebase', 'topic')).toThrow();
    expect(await inTheWay()).toEqual(['modified .git/rebase-merge']);
    repo.git('branch', 'other');
    expect(await inTheWay([], 'other')).toEqual([]);
  });

  it('are untracked files only where incoming paths need their place', async () => {
    for (const path of ['same', 'folder', 'sub/inside', 'elsewhere', 'same-not']) write(path);
    const expected = ['untracked folder', 'untracked same', 'untracked sub/inside'];
    expect(await inTheWay(['same', 'folder/file', 'sub', 'else'])).toEqual(expected);
  });

  it('are our own files where incoming paths would replace them, ignored or not', async () => {
    write('.lex-pr/state.db');
    write('.gitignore', '.lex-pr/\n');
    repo.git('add', '.gitignore');
    repo.git('commit', '-q', '-m', 'ignore');
    expect(await inTheWay(['other', '.lex-prize'])).toEqual([]);
    expect(await inTheWay(['other', '.lex-pr/state.db'])).toEqual(['reserved .lex-pr']);
  });

  it('are not ignored files', async () => {
    write('.git/info/exclude', 'same\n');
    write('same');
    expect(await inTheWay(['same'])).toEqual([]);
  });

  it('are a submodule at another commit, but not what is changed inside it', async () => {
    repo.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', repo.path, 'sub');
    repo.git('commit', '-q', '-m', 'submodule');
    write('sub/edit');
    write('sub/untracked');
    expect(await inTheWay()).toEqual([]);
    gitIn(join(repo.path, 'sub'), ['checkout', '-q', '-f', '--detach', 'HEAD~1']);
    expect(await inTheWay()).toEqual(['modified sub']);
  });

  it('are looked for in every work tree that has the target, and in no other', async () => {
    const linked = join(repo.root, 'linked');
    repo.git('worktree', 'add', '-q', '-b', 'other', linked);
    repo.git('worktree', 'lock', linked);
    writeFileSync(join(linked, 'edit'), 'mine\n');
    expect(await inTheWay()).toEqual([]);
    expect(await inTheWay([], 'other')).toEqual([`${linked}: modified edit`]);
  });

  it('are found where the git directory lies elsewhere and names the work tree', async () => {
    const gitDir = join(repo.root, 'elsewhere.git');
    repo.git('init', '-q', `--separate-git-dir=${gitDir}`);
    write('edit');
    await expect(inTheWay()).rejects.toMatchObject({ problems: [{ code: 'work-tree-unknown' }] });
    repo.git('config', 'core.worktree', repo.path);
    expect(await inTheWay()).toEqual(['modified edit']);
  });

  it('are none in a bare or remote repository', async () => {
    const { path, url } = makeBare(repo);
    for (const source of [await openSource(path), await openSource(url)])
      expect(await filesInTheWay(source, 'main', async () => new Set())).toEqual([]);
  });

  it('are not asked for a symbolic target, which is refused', async () => {
    repo.git('symbolic-ref', 'refs/heads/alias', 'refs/heads/main');
    await expect(inTheWay([], 'alias')).rejects.toThrow('symbolic ref to refs/heads/main');
  });
});

describe('paths that heads add', () => {
  const added = async (base: string, ...heads: string[]) => {
    const ids = heads.map((head) => repo.git('rev-parse', head));
    const git = new Git(join(repo.path, '.git'));
    return [...(await pathsAdded(git, repo.git('rev-parse', base), ids))].sort();
  };

  it('are those of all heads, whatever their names', async () => {
    repo.branch('strange', { 'line\nbreak': 'x', '-dash': 'y', 'ü "q"': 'z', edit: 'changed\n' });
    expect(await added('main', 'topic', 'strange')).toEqual(['-dash', 'line\nbreak', 'new/file', 'ü "q"']);
  });

  it('do not include what the base had and removed, nor what it has', async () => {
    repo.branch('older', { edit: 'older\n' });
    repo.commit({ keep: null });
    expect(await added('main', 'older', 'main')).toEqual([]);
  });

  it('include the new name of a renamed file', async () => {
    repo.branch('rename', { keep: null, renamed: 'keep\n' });
    expect(await added('main', 'rename')).toEqual(['renamed']);
  });

  it('are those of a folder alone where one is asked for', async () => {
    const base = repo.git('rev-parse', 'main');
    const head = repo.branch('more', { 'new/file': '1', 'newer/file': '2', '*/file': '3', file: '4' });
    const git = new Git(join(repo.path, '.git'));
    for (const paths of [pathsBetween(git, base, head, 'new'), pathsAdded(git, base, [head], 'new')])
      expect([...(await paths)]).toEqual(['new/file']);
    for (const paths of [pathsBetween(git, base, head, '*'), pathsAdded(git, base, [head], '*')])
      expect([...(await paths)]).toEqual(['*/file']);
    for (const paths of [pathsBetween(git, base, head), pathsAdded(git, base, [head])])
      expect(await paths).toEqual(new Set(['*/file', 'file', 'new/file', 'newer/file']));
  });

  it('are none without heads', async () => {
    expect(await added('main')).toEqual([]);
  });
});
