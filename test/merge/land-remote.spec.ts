import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fenceRef } from '../../lib/merge/fence';
import { land } from '../../lib/merge/land';
import { GitError } from '../../lib/repository/git';
import type { TestRepository } from '../support/repository';
import { contentOf, gitIn, makeBare, makeLanding, makeRepository, plantHook } from './landing-world';

let repo: TestRepository;
let remote: { path: string; url: string };

beforeEach(() => {
  process.env.GIT_CONFIG_GLOBAL = '/dev/null';
  repo = makeRepository();
  remote = makeBare(repo);
});

afterEach(() => repo.remove());

const FENCE = fenceRef('main');
const LANDED = { kind: 'landed', synced: [], warnings: [] };

const refAt = (ref: string) => gitIn(remote.path, ['for-each-ref', '--format=%(objectname)', ref]);
const hook = (name: string, script: string) => plantHook(join(remote.path, 'hooks'), name, script);
const prepare = (options: Parameters<typeof makeLanding>[1] = {}) =>
  makeLanding(repo, { repository: remote.url, ...options });

/** Somebody else pushes to a branch of the remote. */
function pushFromElsewhere(branch: string): string {
  const commit = repo.branch('elsewhere', { elsewhere: 'x\n' }, branch);
  repo.git('push', '-q', remote.url, `+${commit}:refs/heads/${branch}`);
  return commit;
}

describe('landing in a remote repository', () => {
  it('moves target and fence, and answers the same when asked again', async () => {
    const { landing } = await prepare();
    expect(await land(landing)).toEqual(LANDED);
    const fence = refAt(FENCE);
    expect(refAt('refs/heads/main')).toBe(landing.woven);
    expect(gitIn(remote.path, ['log', '-1', '--format=%B', FENCE])).toContain('run: run-1');
    expect(await land(landing)).toEqual(LANDED);
    expect(refAt(FENCE)).toBe(fence);
  });

  it('moves a fence that is there, and counts a target that went on from there as landed', async () => {
    const first = await prepare();
    await land(first.landing);
    repo.git('pull', '-q', '--ff-only', remote.url, 'main');
    repo.branch('second', { second: '' });
    repo.git('push', '-q', remote.url, 'second');
    const second = await prepare({ head: 'second', run: 'run-2', home: 'home-2' });
    expect(await land(second.landing)).toEqual(LANDED);
    expect(gitIn(remote.path, ['log', '-1', '--format=%B', FENCE])).toContain('run: run-2');
    expect(await land(first.landing)).toEqual(LANDED);
    expect(refAt('refs/heads/main')).toBe(second.landing.woven);
  });

  it.each(['release/ü-1', '-dash'])('lands on a branch named %s', async (target) => {
    repo.git('update-ref', `refs/heads/${target}`, 'main');
    repo.git('push', '-q', remote.url, `refs/heads/${target}`);
    const { landing } = await prepare({ target });
    expect(await land(landing)).toEqual(LANDED);
    expect(gitIn(remote.path, ['rev-parse', `refs/heads/${target}`])).toBe(landing.woven);
  });

  it('replaces a fence that names a blob', async () => {
    const { landing } = await prepare();
    repo.git('push', '-q', remote.url, `${repo.git('hash-object', '-w', 'edit')}:${FENCE}`);
    expect(await land(landing)).toEqual(LANDED);
  });

  it('tells a target that moved or is gone, and a head that moved', async () => {
    const { landing } = await prepare();
    const head = pushFromElsewhere('topic');
    expect(await land(landing)).toEqual({ kind: 'head-moved', moved: [{ item: 0, now: head }] });
    const withoutHeads = { ...landing, heads: [] };
    const now = pushFromElsewhere('main');
    expect(await land(withoutHeads)).toEqual({ kind: 'target-moved', now });
    // With both, what moved the target may be a merge of that head.
    expect(await land(landing)).toEqual({ kind: 'target-moved', now });
    expect(refAt('refs/heads/main')).toBe(now);
    gitIn(remote.path, ['update-ref', '-d', 'refs/heads/main']);
    expect(await land(withoutHeads)).toEqual({ kind: 'target-gone' });
    expect(refAt(FENCE)).toBe('');
  });

  it('never overwrites a target that moves between the look and the push', async () => {
    const { landing } = await prepare();
    let now = '';
    const stillCurrent = async () => {
      now ||= pushFromElsewhere('main');
      return true;
    };
    expect(await land({ ...landing, stillCurrent })).toEqual({ kind: 'target-moved', now });
    expect(refAt('refs/heads/main')).toBe(now);
    expect(refAt(FENCE)).toBe('');
  });

  it('lets exactly one of two concurrent landings win', async () => {
    repo.branch('rival', { rival: 'rival\n' });
    repo.git('push', '-q', remote.url, 'rival');
    const one = await prepare({ home: 'home-1', run: 'run-1' });
    const two = await prepare({ home: 'home-2', run: 'run-2', head: 'rival' });
    const results = await Promise.all([land(one.landing), land(two.landing)]);
    const now = refAt('refs/heads/main');
    expect([one.landing.woven, two.landing.woven]).toContain(now);
    expect(results).toContainEqual(LANDED);
    expect(results).toContainEqual({ kind: 'target-moved', now });
  });
});

describe('a remote that refuses', () => {
  it.each([
    ['pre-receive', 'echo "main is protected by rule 7"; exit 1'],
    ['update', 'case $1 in refs/heads/main) echo "main is protected by rule 7" >&2; exit 1;; esac'],
  ])('by its %s hook is quoted, and neither ref has moved', async (name, script) => {
    hook(name, script);
    const { landing } = await prepare();
    expect(await land(landing)).toEqual({ kind: 'refused', message: expect.stringContaining('rule 7') });
    expect(refAt('refs/heads/main')).toBe(landing.base);
    expect(refAt(FENCE)).toBe('');
  });

  it('without words of its own is quoted with its reason', async () => {
    gitIn(remote.path, ['config', 'receive.denyCurrentBranch', 'refuse']);
    gitIn(remote.path, ['config', 'core.bare', 'false']);
    const { landing } = await prepare();
    expect(await land(landing)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('checked out'),
    });
  });

  it.each([
    ['by its update hook', () => hook('update', 'case $1 in refs/lex-pr/*) exit 1;; esac')],
    ['by its pre-receive hook', () => hook('pre-receive', 'if grep -q " refs/lex-pr/"; then exit 1; fi')],
    [
      'because it knows no atomic push',
      () => gitIn(remote.path, ['config', 'receive.advertiseAtomic', 'false']),
    ],
  ])('the fence only, %s, still gets the target, with a warning', async (_, refuse) => {
    refuse();
    const { landing } = await prepare();
    const warnings = [expect.stringContaining(FENCE)];
    expect(await land(landing)).toEqual({ kind: 'landed', synced: [], warnings });
    expect(refAt('refs/heads/main')).toBe(landing.woven);
    expect(refAt(FENCE)).toBe('');
  });

  it('is not asked to move the target alone where a fence is', async () => {
    const tree = repo.git('hash-object', '-t', 'tree', '-w', '--stdin');
    const fence = repo.git('commit-tree', tree, '-m', 'fence');
    repo.git('push', '-q', remote.url, `${fence}:${FENCE}`);
    hook('update', 'case $1 in refs/lex-pr/*) echo "no fences" >&2; exit 1;; esac');
    const { landing } = await prepare();
    expect(await land(landing)).toEqual({ kind: 'refused', message: expect.stringContaining('no fences') });
    expect(refAt('refs/heads/main')).toBe(landing.base);
  });
});

describe('a connection that breaks', () => {
  it('after the remote has moved the target counts as landed', async () => {
    hook('post-receive', `touch '${repo.root}/received'; kill -9 $PPID`);
    const { landing } = await prepare();
    expect(await land(landing)).toEqual(LANDED);
    expect(contentOf(repo.root, 'received')).toBe('');
    expect(refAt('refs/heads/main')).toBe(landing.woven);
  });

  it('before that is a fault, and nothing has moved', async () => {
    hook('pre-receive', 'kill -9 $PPID');
    const { landing } = await prepare();
    await expect(land(landing)).rejects.toThrow(GitError);
    expect(refAt('refs/heads/main')).toBe(landing.base);
    expect(refAt(FENCE)).toBe('');
    rmSync(join(remote.path, 'hooks/pre-receive'));
    expect(await land(landing)).toEqual(LANDED);
  });

  it('before the first look is a fault', async () => {
    const { landing } = await prepare();
    rmSync(remote.path, { recursive: true });
    await expect(land(landing)).rejects.toThrow(GitError);
  });
});
