import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fenceRef } from '../../lib/merge/fence';
import { land } from '../../lib/merge/land';
import type { TestRepository } from '../support/repository';
import { contentOf, gitIn, makeBare, makeLanding, makeRepository, statusOf } from './landing-world';

let repo: TestRepository;

beforeEach(() => {
  process.env.GIT_CONFIG_GLOBAL = '/dev/null';
  repo = makeRepository();
});

afterEach(() => repo.remove());

const FENCE = fenceRef('main');

function expectUpdated(folder: string): void {
  expect(contentOf(folder, 'edit')).toBe('new\n');
  expect(contentOf(folder, 'drop')).toBeUndefined();
  expect(contentOf(folder, 'new/file')).toBe('added\n');
  expect(statusOf(folder)).toBe('');
}

describe('landing in a local repository', () => {
  it('moves the target and updates the work tree that has it checked out', async () => {
    const { landing } = await makeLanding(repo);
    expect(await land(landing)).toEqual({ kind: 'landed', synced: [repo.path], warnings: [] });
    expect(repo.git('rev-parse', 'main')).toBe(landing.woven);
    expectUpdated(repo.path);
    expect(repo.git('fsck', '--strict', '--connectivity-only')).toBe('');
  });

  it('points the fence to a parentless commit that names run, generation and act', async () => {
    const { landing } = await makeLanding(repo);
    await land(landing);
    expect(repo.git('rev-list', '--count', FENCE)).toBe('1');
    expect(repo.git('ls-tree', FENCE)).toBe('');
    const message = repo.git('log', '-1', '--format=%B', FENCE);
    expect(message).toMatch(/^run: run-1\ngeneration: 1\nact: land\nnonce: [0-9a-f-]{36}$/m);
  });

  it('replaces a fence that stands for another ref, and leaves that ref alone', async () => {
    const { landing } = await makeLanding(repo);
    const other = repo.branch('other', { other: '1' });
    repo.git('symbolic-ref', FENCE, 'refs/heads/other');
    expect(await land(landing)).toMatchObject({ kind: 'landed' });
    expect(repo.git('rev-parse', 'main')).toBe(landing.woven);
    expect(repo.git('rev-parse', 'other')).toBe(other);
    expect(repo.git('log', '-1', '--format=%s', FENCE)).toBe('lex-pr fence: land');
  });

  it.each([
    ['a blob', () => repo.git('hash-object', '-w', 'edit')],
    [
      'a tag',
      () => {
        repo.git('tag', '-a', '-m', 'x', 'annotated', 'main');
        return repo.git('rev-parse', 'annotated');
      },
    ],
  ])('replaces a fence that names %s, which nobody needs', async (_, make) => {
    const { landing } = await makeLanding(repo);
    repo.git('update-ref', FENCE, make());
    expect(await land(landing)).toMatchObject({ kind: 'landed' });
    expect(repo.git('log', '-1', '--format=%s', FENCE)).toBe('lex-pr fence: land');
  });

  it('says in the reflog which run moved the target', async () => {
    const { landing } = await makeLanding(repo);
    await land(landing);
    expect(repo.git('reflog', '-1', '--format=%gs', 'main')).toBe('lex-pr: land run run-1');
  });

  it('updates a linked work tree and leaves the main one, on another branch, byte for byte', async () => {
    const linked = join(repo.root, 'linked tree');
    repo.git('checkout', '-q', '-b', 'other');
    repo.git('worktree', 'add', '-q', linked, 'main');
    writeFileSync(join(repo.path, 'edit'), 'mine\n');
    writeFileSync(join(repo.path, 'keep'), 'staged\n');
    repo.git('add', 'keep');
    const index = readFileSync(join(repo.path, '.git/index'));

    const { landing } = await makeLanding(repo);
    expect(await land(landing)).toEqual({ kind: 'landed', synced: [linked], warnings: [] });
    expectUpdated(linked);
    expect(readFileSync(join(repo.path, '.git/index')).equals(index)).toBe(true);
    expect(statusOf(repo.path)).toBe(' M edit\nM  keep');
    expect(repo.git('rev-parse', 'HEAD')).toBe(landing.base);
  });

  it('does not mind a linked work tree whose folder is gone', async () => {
    const linked = join(repo.root, 'linked');
    repo.git('checkout', '-q', '--detach');
    repo.git('worktree', 'add', '-q', linked, 'main');
    rmSync(linked, { recursive: true });
    const { landing } = await makeLanding(repo);
    expect(await land(landing)).toEqual({ kind: 'landed', synced: [], warnings: [] });
  });

  it('lands in a bare repository', async () => {
    const bare = makeBare(repo);
    const { landing } = await makeLanding(repo, { repository: bare.path });
    expect(await land(landing)).toEqual({ kind: 'landed', synced: [], warnings: [] });
    expect(gitIn(bare.path, ['rev-parse', 'main'])).toBe(landing.woven);
  });

  it.each(['release/ü-1', '-dash', '日本', 'a.b@c'])('lands on a branch named %s', async (target) => {
    repo.git('update-ref', `refs/heads/${target}`, 'main');
    repo.git('symbolic-ref', 'HEAD', `refs/heads/${target}`);
    const { landing } = await makeLanding(repo, { target });
    expect(await land(landing)).toMatchObject({ kind: 'landed', synced: [repo.path], warnings: [] });
    expect(repo.git('rev-parse', `refs/heads/${target}`)).toBe(landing.woven);
    expectUpdated(repo.path);
  });

  it('lands in an empty work tree that has no index yet', async () => {
    const [tree] = repo.git('hash-object', '-t', 'tree', '-w', '/dev/null').split('\n');
    const root = repo.git('commit-tree', '-m', 'root', tree!);
    repo.git('branch', 'first', repo.git('commit-tree', '-p', root, '-m', 'first', 'main^{tree}'));
    for (const name of ['README', 'keep', 'edit', 'drop', '.git/index']) rmSync(join(repo.path, name));
    repo.git('update-ref', 'refs/heads/main', root);
    const { landing } = await makeLanding(repo, { head: 'first' });
    expect(await land(landing)).toMatchObject({ kind: 'landed', synced: [repo.path] });
    expect(contentOf(repo.path, 'keep')).toBe('keep\n');
    expect(statusOf(repo.path)).toBe('');
  });

  it('lands on a branch below the name of one that was a target before', async () => {
    repo.git('branch', 'release', 'main');
    await land((await makeLanding(repo, { target: 'release' })).landing);
    repo.git('branch', '-D', 'release');
    repo.git('branch', 'release/1', 'main');
    const { landing } = await makeLanding(repo, { target: 'release/1' });
    expect(await land(landing)).toMatchObject({ kind: 'landed' });
    expect(repo.git('rev-parse', 'release/1')).toBe(landing.woven);
  });

  it('moves nothing when there is nothing to land', async () => {
    const { landing } = await makeLanding(repo);
    expect(await land({ ...landing, woven: landing.base })).toMatchObject({ kind: 'landed', synced: [] });
    expect(repo.git('for-each-ref', FENCE)).toBe('');
  });
});

describe('landing with tracked changes or files in the way', () => {
  const expectNothingMoved = (base: string) => {
    expect(repo.git('rev-parse', 'main')).toBe(base);
    expect(repo.git('for-each-ref', FENCE)).toBe('');
  };

  it.each([
    ['an edited file', 'keep', () => {}],
    ['a staged file', 'keep', () => repo.git('add', 'keep')],
    ['an untracked file where one is added', 'new/file', () => {}],
    ['an untracked file where a folder is added', 'new', () => {}],
  ])('refuses %s and touches nothing', async (_, path, prepare) => {
    const { landing } = await makeLanding(repo);
    mkdirSync(join(repo.path, path, '..'), { recursive: true });
    writeFileSync(join(repo.path, path), 'mine\n');
    prepare();
    const before = statusOf(repo.path);
    expect(await land(landing)).toEqual({ kind: 'target-dirty', files: [`${repo.path}: ${path}`] });
    expectNothingMoved(landing.base);
    expect(contentOf(repo.path, path)).toBe('mine\n');
    expect(statusOf(repo.path)).toBe(before);
  });

  it('finds an edit that is hidden by assume-unchanged, in a file that changes', async () => {
    const { landing } = await makeLanding(repo);
    repo.git('update-index', '--assume-unchanged', 'edit');
    writeFileSync(join(repo.path, 'edit'), 'mine, and longer\n');
    const result = await land(landing);
    expect(result).toEqual({ kind: 'target-dirty', files: [expect.stringContaining("Entry 'edit'")] });
    expectNothingMoved(landing.base);
    expect(contentOf(repo.path, 'edit')).toBe('mine, and longer\n');
  });

  it('does not mind an untracked file elsewhere, nor a touched file', async () => {
    const { landing } = await makeLanding(repo);
    writeFileSync(join(repo.path, 'notes'), 'mine\n');
    writeFileSync(join(repo.path, 'edit'), 'old\n');
    // Git may compare whole seconds.
    for (const touched of ['edit', 'drop']) utimesSync(join(repo.path, touched), 1, 1);
    expect(await land(landing)).toMatchObject({ kind: 'landed', synced: [repo.path] });
    expect(statusOf(repo.path)).toBe('?? notes');
    expect(contentOf(repo.path, 'new/file')).toBe('added\n');
  });

  it('overwrites an ignored file, as git merge does', async () => {
    const { landing } = await makeLanding(repo);
    writeFileSync(join(repo.path, '.git/info/exclude'), 'new/\n');
    mkdirSync(join(repo.path, 'new'));
    writeFileSync(join(repo.path, 'new/file'), 'mine\n');
    expect(await land(landing)).toMatchObject({ kind: 'landed', warnings: [] });
    expectUpdated(repo.path);
  });

  it('refuses an index whose lock stays', async () => {
    const { landing } = await makeLanding(repo);
    writeFileSync(join(repo.path, '.git/index.lock'), '');
    const files = [expect.stringContaining('index.lock')];
    expect(await land(landing)).toEqual({ kind: 'target-dirty', files });
    expectNothingMoved(landing.base);
  });

  it('waits for an index that is locked for a moment while the target moves', async () => {
    const { landing } = await makeLanding(repo);
    const lock = join(repo.path, '.git/index.lock');
    const stillCurrent = async () => {
      writeFileSync(lock, '');
      setTimeout(() => rmSync(lock), 300);
      return true;
    };
    const result = await land({ ...landing, stillCurrent });
    expect(result).toEqual({ kind: 'landed', synced: [repo.path], warnings: [] });
    expectUpdated(repo.path);
  });
});

describe('landing on refs that changed', () => {
  it('never overwrites a target that moved', async () => {
    const { landing } = await makeLanding(repo);
    const now = repo.commit({ other: 'other\n' });
    expect(await land(landing)).toEqual({ kind: 'target-moved', now });
    expect(repo.git('rev-parse', 'main')).toBe(now);
    expect(statusOf(repo.path)).toBe('');
  });

  it('never overwrites a target that moves between the look and the move', async () => {
    const { landing } = await makeLanding(repo);
    let now = '';
    const stillCurrent = async () => {
      now ||= repo.commit({ other: 'other\n' });
      return true;
    };
    expect(await land({ ...landing, stillCurrent })).toEqual({ kind: 'target-moved', now });
    expect(repo.git('rev-parse', 'main')).toBe(now);
    expect(repo.git('for-each-ref', FENCE)).toBe('');
    expect(statusOf(repo.path)).toBe('');
  });

  it('calls a target that moves while its files are looked at moved, not dirty', async () => {
    const now = repo.branch('rival', { rival: '' });
    const { landing } = await makeLanding(repo);
    // A filter that runs when git looks at a touched file is the other landing.
    writeFileSync(join(repo.path, '.git/info/attributes'), 'edit filter=rival\n');
    repo.git('config', 'filter.rival.clean', `git update-ref refs/heads/main ${now}; cat`);
    utimesSync(join(repo.path, 'edit'), 1, 1);
    expect(await land(landing)).toEqual({ kind: 'target-moved', now });
  });

  it('says that the target is gone', async () => {
    const { landing } = await makeLanding(repo);
    repo.git('checkout', '-q', '--detach');
    repo.git('branch', '-D', 'main');
    expect(await land(landing)).toEqual({ kind: 'target-gone' });
    expect(repo.git('for-each-ref', 'refs/heads/main', 'refs/lex-pr')).toBe('');
  });

  it('lands no head that moved or was deleted, and names each', async () => {
    const { landing } = await makeLanding(repo);
    const gone = repo.branch('gone', { gone: '' });
    const fixed = repo.branch('fixed', { fixed: '' });
    repo.git('branch', '-D', 'gone', 'fixed');
    const now = repo.branch('topic', { more: '' }, 'topic');
    const heads = [
      ...landing.heads,
      { item: 1, ref: 'refs/heads/gone', sha: gone },
      { item: 2, ref: undefined, sha: fixed },
    ];
    expect(await land({ ...landing, heads })).toEqual({
      kind: 'head-moved',
      moved: [
        { item: 0, now },
        { item: 1, now: undefined },
      ],
    });
    expect(repo.git('rev-parse', 'main')).toBe(landing.base);
  });

  it('refuses a symbolic target and leaves it as it is', async () => {
    const { landing } = await makeLanding(repo);
    repo.git('symbolic-ref', 'refs/heads/alias', 'refs/heads/main');
    const result = await land({ ...landing, target: 'alias' });
    expect(result).toMatchObject({ kind: 'refused', message: expect.stringContaining('refs/heads/main') });
    expect(repo.git('symbolic-ref', 'refs/heads/alias')).toBe('refs/heads/main');
    expect(repo.git('rev-parse', 'main')).toBe(landing.base);
  });

  it("refuses in git's words when the target stays locked", async () => {
    const { landing } = await makeLanding(repo);
    writeFileSync(join(repo.path, '.git/refs/heads/main.lock'), '');
    const result = await land(landing);
    expect(result).toMatchObject({ kind: 'refused', message: expect.stringContaining('main.lock') });
    expect(repo.git('for-each-ref', FENCE)).toBe('');
  });

  it('lets exactly one of two concurrent landings win', async () => {
    repo.branch('rival', { rival: 'rival\n' });
    const one = await makeLanding(repo, { home: 'home-1', run: 'run-1' });
    const two = await makeLanding(repo, { home: 'home-2', run: 'run-2', head: 'rival' });
    const results = await Promise.all([land(one.landing), land(two.landing)]);
    const now = repo.git('rev-parse', 'main');
    expect(results.map(({ kind }) => kind).sort()).toEqual(['landed', 'target-moved']);
    expect([one.landing.woven, two.landing.woven]).toContain(now);
    expect(results).toContainEqual({ kind: 'target-moved', now });
    expect(statusOf(repo.path)).toBe('');
  });

  it('tries again when only the fence moved, and not when the run was cancelled with it', async () => {
    const { landing } = await makeLanding(repo);
    const moveFence = (message: string) => {
      const tree = repo.git('hash-object', '-t', 'tree', '-w', '--stdin');
      repo.git('update-ref', FENCE, repo.git('commit-tree', tree, '-m', message));
    };
    const answers = [true, false];
    const cancelled = async () => {
      moveFence(`cancel ${answers.length}`);
      return answers.shift() ?? true;
    };
    expect(await land({ ...landing, stillCurrent: cancelled })).toMatchObject({ kind: 'refused' });
    expect(answers).toEqual([]);
    expect(repo.git('rev-parse', 'main')).toBe(landing.base);

    let moves = 0;
    const disturbed = async () => {
      moves += 1;
      if (moves === 1) moveFence('another run');
      return true;
    };
    expect(await land({ ...landing, stillCurrent: disturbed })).toMatchObject({ kind: 'landed' });
    expect(moves).toBe(2);
  });
});
