import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { itemOf, mergePlan, readMerged, runCli, writePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();

/** Git in the user's own repository, as a gate calls it to meddle with the run. */
const git = (repo: TestRepository, words: string) =>
  `git -C '${repo.path}' -c user.name=Other -c user.email=other@example.com ${words}`;
const meddling = (...commands: readonly string[]) => [
  { name: 'test', run: ['set -e', ...commands].join('\n') },
];

describe('a branch that is changed during the run', () => {
  const heads = (repo: TestRepository) => {
    repo.branch('gone', { gone: '1\n' });
    repo.branch('above', { above: '1\n' }, 'gone');
    repo.branch('other', { other: '1\n' });
    return (gates: readonly Record<string, unknown>[]) => [
      { name: 'gone' },
      { name: 'above', deps: ['gone'] },
      { name: 'other', gates },
    ];
  };

  it('by deleting it does not land: head-moved, what depends on it is blocked, the rest lands', async () => {
    const repo = create();
    const items = heads(repo)(meddling(git(repo, 'branch -q -D gone')));
    const policy = { integration: 'none' };
    const merged = await mergePlan(repo, { items, policy });
    expect(merged.outcome).toEqual({ gone: 'failed: head-moved', above: 'blocked', other: 'merged' });
    expect(merged.code).toBe(1);
    expect(itemOf(merged, 'gone').reason).toContain('deleted');
    expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'other']);
  });

  it('by moving it lands neither in the old form nor in the new one', async () => {
    const repo = create();
    const plan = heads(repo);
    const moved = repo.branch('moved', { gone: '2\n' }, 'gone');
    const items = plan(meddling(git(repo, `update-ref refs/heads/gone ${moved}`)));
    const merged = await mergePlan(repo, { items });
    expect(merged.outcome).toEqual({ gone: 'failed: head-moved', above: 'blocked', other: 'merged' });
    expect(itemOf(merged, 'gone').reason).toContain(moved.slice(0, 10));
    expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'other']);
  });
});

describe('a target that moves during the run', () => {
  it('is never overwritten: the weave is made anew on it and verified again, and both changes are there', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const theirs = repo.branch('theirs', { theirs: '1\n' });
    repo.git('checkout', '-q', '--detach');
    const merged = await mergePlan(repo, {
      gates: [{ name: 'verify', run: 'ls; test -e change' }],
      policy: { integration: { gates: ['verify'] } },
      items: [{ name: 'change', gates: meddling(git(repo, `update-ref refs/heads/main ${theirs}`)) }],
    });
    expect(merged.outcome).toEqual({ change: 'merged' });
    expect(merged.code).toBe(0);
    expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'change', 'theirs']);
    expect(repo.git('rev-parse', 'main^1')).toBe(theirs);
    expect(merged.report.integration).toMatchObject({
      commit: repo.git('rev-parse', 'main'),
      gates: [{ name: 'verify', status: 'pass', attempts: 1, cached: false }],
    });
  });

  it('fails what the new target makes fail: the second verification counts', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const theirs = repo.branch('theirs', { theirs: '1\n' });
    repo.git('checkout', '-q', '--detach');
    const merged = await mergePlan(repo, {
      gates: [{ name: 'verify', run: '! test -e theirs' }],
      policy: { integration: { gates: ['verify'] } },
      items: [{ name: 'change', gates: meddling(git(repo, `update-ref refs/heads/main ${theirs}`)) }],
    });
    expect(merged.outcome).toEqual({ change: 'failed: integration-failed' });
    expect(repo.git('rev-parse', 'main')).toBe(theirs);
  });

  it('again and again ends the run with target-moved after integration.maxRetries, and nothing lands', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    repo.git('checkout', '-q', '--detach');
    const move = [
      `new=$(${git(repo, "commit-tree -p main -m 'somebody else' 'main^{tree}'")})`,
      git(repo, 'update-ref refs/heads/main "$new"'),
    ];
    const merged = await mergePlan(repo, {
      policy: {
        integration: { gates: [{ ...meddling(...move)[0], name: 'mover', cache: 'off' }], maxRetries: 2 },
      },
      items: [{ name: 'change' }],
    });
    expect(merged.outcome).toEqual({ change: 'failed: target-moved' });
    expect(merged.code).toBe(1);
    // The first weave and two more.
    expect(repo.git('log', '--format=%s', 'main').split('\n')).toEqual([
      'somebody else',
      'somebody else',
      'somebody else',
      'base',
    ]);
    expect(merged.report.target.after).toBe(repo.git('rev-parse', 'main'));
  });
});

describe('two runs on one target at once, from two folders', () => {
  it('both land, the second on top of what the first has landed, verified again', async () => {
    const repo = create();
    repo.branches([{ name: 'one' }, { name: 'two' }]);
    const fifo = join(repo.root, 'fifo');
    execFileSync('mkfifo', [fifo]);
    /** Both are under way when their gates meet. */
    const run = async (name: string, meet: string) => {
      const cwd = join(repo.root, `folder of ${name}`);
      mkdirSync(cwd);
      const policy = { integration: { gates: [{ name: 'verify', run: 'ls', cache: 'off' }] } };
      const plan = { gates: [{ name: 'meet', run: meet }], policy, items: [{ name }] };
      const path = writePlan(repo, plan, `${name}.json`);
      const result = await runCli(['merge', path, '--execute', '--artifact-dir', cwd], { cwd });
      return readMerged(plan, cwd, result);
    };
    const [one, two] = await Promise.all([
      run('one', `echo hello > '${fifo}'`),
      run('two', `read -r line < '${fifo}'`),
    ]);
    expect([one.outcome, two.outcome]).toEqual([{ one: 'merged' }, { two: 'merged' }]);
    expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'one', 'two']);
    expect(repo.git('log', '--first-parent', '--format=%s', 'main').split('\n')).toHaveLength(3);
    expect(repo.git('status', '--porcelain')).toBe('');
    const last = [one, two].find(({ report }) => report.target.after === repo.git('rev-parse', 'main'));
    expect(last?.report.integration?.commit).toBe(repo.git('rev-parse', 'main'));
  });
});
