import { itemOf, runCli } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { branchesFor, CountedGates, filesOf, landedOn, makeRemote, runPlan, says, startPlan } from './world';

const create = testRepositories();
const ITEMS = [{ name: 'a' }, { name: 'b' }];
const HELD = ['a', 'b'] as const;

/** Starts a plan whose gates have all begun; what they find fails where `theirs` is. */
async function underWay(repo: TestRepository, cache = 'off', strategy = 'merge') {
  branchesFor(repo, ITEMS);
  const gates = new CountedGates(repo);
  const [test] = gates.gates;
  const whole = { ...test!, name: 'whole', run: `${test!.run}\n! test -e theirs`, cache };
  gates.hold(...HELD);
  const run = startPlan(repo, {
    items: ITEMS,
    gates: gates.gates,
    policy: { maxWorkers: 4, mergeStrategy: strategy, integration: { gates: [whole] } },
  });
  await gates.started(HELD);
  return { gates, run };
}

// SubmitQueue ("Keeping master green at scale"): a change is tested with all that lands before it. marge-bot: a push to
// the target after the pipeline of a batch; camunda #16458: the success of another commit counted. bors-ng #856, #859.
describe('a target that moves after the gates have passed', () => {
  it.each(['merge', 'squash', 'rebase'])(
    'to content with which they fail: nothing lands on the strength of the old results (%s)',
    async (strategy) => {
      const repo = create();
      const { gates, run } = await underWay(repo, 'off', strategy);
      gates.hold('integration');
      gates.letGo(...HELD);
      // Everything has passed but the verification of the first weave, which passes as well.
      await gates.started(['integration']);
      const theirs = repo.commit({ theirs: '1\n' }, 'somebody else');
      gates.letGo('integration');
      const merged = await run.end();
      expect(merged.outcome).toEqual({ a: 'failed: integration-failed', b: 'failed: integration-failed' });
      expect(merged.code).toBe(1);
      expect(repo.git('rev-parse', 'main')).toBe(theirs);
      expect(gates.runs('a', 'b')).toEqual([1, 1]);
    },
  );

  it.each([
    ['reused for the same tree', 'tree', 1],
    ['not reused where a gate asks for the commit', 'commit', 2],
  ])('without another content: the result is %s', async (_, cache, runs) => {
    const repo = create();
    const { gates, run } = await underWay(repo, cache);
    gates.hold('integration');
    gates.letGo(...HELD);
    await gates.started(['integration']);
    const theirs = repo.commit({}, 'nothing but a message');
    gates.letGo('integration');
    const merged = await run.end();
    expect(merged.code).toBe(0);
    expect(gates.runs('integration')).toEqual([runs]);
    expect(merged.report.integration?.gates).toMatchObject([{ status: 'pass', cached: runs === 1 }]);
    expect(repo.git('rev-list', '--first-parent', 'main').split('\n')).toContain(theirs);
    expect(landedOn(repo)).toEqual(['a', 'b']);
  });
});

// Mergify's queue freeze, and merge queues that are locked for a release: what was green before need not be after.
describe('a target that moves while the landing is held by a pause', () => {
  it('is landed on only after everything has passed on it', async () => {
    const repo = create();
    branchesFor(repo, ITEMS);
    const cwd = repo.path;
    const gates = new CountedGates(repo);
    const [test] = gates.gates;
    const whole = { ...test!, name: 'whole', run: `${test!.run}\n! { test -e theirs && test -e b; }` };
    const policy = { integration: { gates: [whole] } };
    expect((await runCli(['pause', '--reason', 'the release'], { cwd })).code).toBe(0);
    const run = startPlan(repo, { items: ITEMS, gates: gates.gates, policy });
    await says(run, 'paused: nothing lands until');
    expect(gates.runs('integration')).toEqual([1]);
    const theirs = repo.commit({ theirs: '1\n' }, 'somebody else');
    expect((await runCli(['unpause'], { cwd })).code).toBe(0);
    const merged = await run.end();
    expect(merged.outcome).toEqual({ a: 'merged', b: 'failed: integration-failed' });
    expect(repo.git('rev-parse', 'main^1')).toBe(theirs);
    expect(filesOf(repo)).toEqual(['README', 'a', 'theirs']);
  });
});

// GitHub's required checks on a stale branch; marge-bot's test_fuse_mr_when_target_branch_was_moved.
describe('a pass of an earlier run', () => {
  it('counts only for the content that it was found on', async () => {
    const repo = create();
    branchesFor(repo, ITEMS);
    const remote = makeRemote(repo);
    const gates = [{ name: 'test', run: '! { test -e theirs && test -e a; }' }];
    const plan = { repository: remote.url, items: ITEMS, gates, policy: { integration: 'none' } };
    repo.git('push', '-q', remote.url, 'main:refs/heads/old');
    expect((await runPlan(repo, { ...plan, target: 'old' })).code).toBe(0);

    repo.commit({ theirs: '1\n' });
    repo.git('push', '-q', remote.url, 'main');
    const merged = await runPlan(repo, plan);
    expect(merged.outcome).toEqual({ a: 'failed: gate-failed', b: 'merged' });
    expect(itemOf(merged, 'a').gates).toMatchObject([{ status: 'fail', cached: false }]);
    expect(filesOf(remote)).toEqual(['README', 'b', 'theirs']);
  });
});

// homu #174, bors-ng #1519: the commit that was approved before a force-push was the one that was merged.
describe('a branch that was forced to another commit between two runs', () => {
  it('lands as it is now, tested again, and not as it was', async () => {
    const repo = create();
    branchesFor(repo, ITEMS);
    const remote = makeRemote(repo);
    const plan = { repository: remote.url, items: ITEMS };
    remote.hook('update', 'exit 1');
    expect((await runPlan(repo, plan)).code).toBe(1);
    const now = repo.branch('a', { other: '1\n' });
    repo.git(`--git-dir=${remote.path}`, 'fetch', '-q', repo.path, '+a:a');
    remote.hook('update', 'exit 0');
    const merged = await runPlan(repo, plan);
    expect(merged.code).toBe(0);
    expect(itemOf(merged, 'a')).toMatchObject({ head: now, gates: [{ status: 'pass', cached: false }] });
    expect(itemOf(merged, 'b').gates).toMatchObject([{ cached: true }]);
    expect(filesOf(remote)).toEqual(['README', 'b', 'other']);
  });
});
