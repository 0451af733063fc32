import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fenceRef } from '../../lib/merge/fence';
import { land } from '../../lib/merge/land';
import { revoke } from '../../lib/merge/revoke';
import { GitError } from '../../lib/repository/git';
import type { TestRepository } from '../support/repository';
import { gitIn, makeBare, makeLanding, makeRepository, plantHook, type World } from './landing-world';

jest.setTimeout(60_000);

let repo: TestRepository;
const FENCE = fenceRef('main');

beforeEach(() => {
  process.env.GIT_CONFIG_GLOBAL = '/dev/null';
  repo = makeRepository();
});

afterEach(() => repo.remove());

describe.each(['local', 'remote'] as const)('revoking in a %s repository', (kind) => {
  let world: World;
  let folder: string;

  beforeEach(async () => {
    const remote = makeBare(repo);
    folder = kind === 'local' ? join(repo.path, '.git') : remote.path;
    world = await makeLanding(repo, kind === 'local' ? {} : { repository: remote.url });
  });

  const refAt = (ref: string) => gitIn(folder, ['for-each-ref', '--format=%(objectname)', ref]);
  const actAt = (ref: string) => /^act: (.*)$/m.exec(gitIn(folder, ['log', '-1', '--format=%B', ref]))?.[1];
  const base = () => world.landing.base;

  it('moves the fence and nothing else, each time', async () => {
    expect(await revoke(world.landing)).toEqual({ revoked: true, target: base() });
    const first = refAt(FENCE);
    expect(actAt(FENCE)).toBe('cancel');
    expect(gitIn(folder, ['log', '-1', '--format=%B', FENCE])).toContain('run: run-1\ngeneration: 1\n');
    expect(await revoke(world.landing)).toEqual({ revoked: true, target: base() });
    expect(refAt(FENCE)).not.toBe(first);
    expect(refAt('refs/heads/main')).toBe(base());
  });

  it('lets a landing that has looked before come to nothing', async () => {
    let asked = 0;
    const stillCurrent = async () => {
      asked += 1;
      if (asked > 1) return false;
      await revoke(world.landing);
      return true;
    };
    expect(await land({ ...world.landing, stillCurrent })).toMatchObject({ kind: 'refused' });
    expect(refAt('refs/heads/main')).toBe(base());
    expect(actAt(FENCE)).toBe('cancel');
  });

  it('tells of a landing that was faster', async () => {
    await land(world.landing);
    expect(await revoke(world.landing)).toEqual({ revoked: true, target: world.landing.woven });
  });

  it('of several at once, all succeed', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => revoke(world.landing)));
    expect(all).toEqual(Array(4).fill({ revoked: true, target: base() }));
  });

  it('needs no fence where there is no target', async () => {
    gitIn(folder, ['update-ref', '-d', 'refs/heads/main']);
    expect(await revoke(world.landing)).toEqual({ revoked: true, target: undefined });
    expect(refAt(FENCE)).toBe('');
  });
});

describe('revoking where that is not possible', () => {
  it('a remote that refuses the fence is told from one that took it', async () => {
    const remote = makeBare(repo);
    plantHook(join(remote.path, 'hooks'), 'update', 'case $1 in refs/lex-pr/*) exit 1;; esac');
    const { landing } = await makeLanding(repo, { repository: remote.url });
    expect(await revoke(landing)).toEqual({ revoked: false, target: landing.base });
  });

  it('a fence that somebody has locked for long is not revoked', async () => {
    const { landing } = await makeLanding(repo);
    await revoke(landing);
    const fence = repo.git('rev-parse', FENCE);
    const lock = `${FENCE}.lock`;
    plantHook(join(repo.path, '.git', lock, '..'), lock.split('/').at(-1)!, '');
    expect(await revoke(landing)).toEqual({ revoked: false, target: landing.base });
    expect(repo.git('rev-parse', FENCE)).toBe(fence);
  });

  it('a remote that cannot be reached is a fault', async () => {
    const remote = makeBare(repo);
    const { landing } = await makeLanding(repo, { repository: remote.url });
    rmSync(remote.path, { recursive: true });
    await expect(revoke(landing)).rejects.toBeInstanceOf(GitError);
  });

  it('a push whose answer was lost is found to have arrived', async () => {
    const remote = makeBare(repo);
    // The fence has moved when the connection breaks off.
    plantHook(join(remote.path, 'hooks'), 'post-update', 'kill -9 $PPID');
    const { landing } = await makeLanding(repo, { repository: remote.url });
    expect(await revoke(landing)).toEqual({ revoked: true, target: landing.base });
  });
});
