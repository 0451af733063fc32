import { itemOf, problemsOf, runCli, writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';
import { branchesFor, CountedGates, filesOf, runPlan } from './world';

const create = testRepositories();

// Time limits are the subject of some; a machine that stands still for a second may break one.
jest.retryTimes(2, { logErrorsBeforeRetry: true });

const ITEMS = [{ name: 'a' }, { name: 'slow' }, { name: 'z' }];
/** Goes on for longer than any test where one of the files is. */
const slowOn = (...files: string[]) =>
  `if ${files.map((file) => `test -e ${file}`).join(' && ')}; then exec sleep 600; fi`;

// Zuul: a job that is TIMED_OUT fails its change. bors-ng: a batch that times out is split (timeout_sec). Mergify,
// "When a batch fails, or its checks time out": the one that broke it leaves, the others merge.
describe('a gate that times out', () => {
  it('fails its item and nobody else', async () => {
    const repo = create();
    branchesFor(repo, ITEMS);
    const gates = [{ name: 'test', run: slowOn('slow'), timeoutSeconds: 2 }];
    const policy = { integration: 'none', maxWorkers: 2 };
    const merged = await runPlan(repo, { items: ITEMS, gates, policy });
    expect(merged.outcome).toEqual({ a: 'merged', slow: 'failed: gate-failed', z: 'merged' });
    expect(itemOf(merged, 'slow').gates).toMatchObject([{ status: 'timeout' }]);
    expect(merged.code).toBe(1);
    expect(filesOf(repo)).toEqual(['README', 'a', 'z']);
  });

  it('on the woven commit evicts the item with which it does, and the rest lands', async () => {
    const repo = create();
    branchesFor(repo, ITEMS);
    const whole = { name: 'whole', run: slowOn('a', 'slow'), timeoutSeconds: 2 };
    const policy = { integration: { gates: [whole], maxClashProbes: 0 } };
    const merged = await runPlan(repo, { items: ITEMS, policy });
    expect(merged.outcome).toEqual({ a: 'merged', slow: 'failed: integration-failed', z: 'merged' });
    expect(itemOf(merged, 'slow').reason).toContain('timed out');
    expect(filesOf(repo)).toEqual(['README', 'a', 'z']);
  });

  it('on the woven commit lands nothing where nobody may be left out', async () => {
    const repo = create();
    branchesFor(repo, ITEMS);
    const whole = { name: 'whole', run: slowOn('README'), timeoutSeconds: 2 };
    const policy = { integration: { gates: [whole], maxProbes: 0 } };
    const merged = await runPlan(repo, { items: ITEMS, policy });
    expect(Object.values(merged.outcome)).toEqual(ITEMS.map(() => 'failed: integration-failed'));
    expect(merged.report.integration?.gates).toMatchObject([{ status: 'timeout' }]);
    expect(merged.code).toBe(1);
    expect(filesOf(repo)).toEqual(['README']);
  });
});

// GitHub's merge queue takes a required check that was skipped for a success: shakenfist #3042 (merged untested),
// aleph-node #1243, island.is #18764 (cancelled jobs too), DataDog/integrations-core #18852.
describe('a required gate without a result', () => {
  it.each([
    ['is killed', 'kill -9 $$'],
    ['has a command that is not there', 'no-such-command-anywhere'],
    ['is a file that cannot be executed', './README'],
    ['says by its exit code that it was skipped', 'exit 77'],
  ])('because it %s is no pass, of an item and of the woven commit', async (_, run) => {
    const repo = create();
    branchesFor(repo, ITEMS);
    const ended = await runPlan(repo, { items: ITEMS, gates: [{ name: 'test', run }] });
    expect(Object.values(ended.outcome)).toEqual(ITEMS.map(() => 'failed: gate-failed'));
    const policy = { integration: { gates: [{ name: 'whole', run }], maxProbes: 0 } };
    const merged = await runPlan(repo, { items: ITEMS, policy });
    expect(Object.values(merged.outcome)).toEqual(ITEMS.map(() => 'failed: integration-failed'));
    expect([ended.code, merged.code]).toEqual([1, 1]);
    expect(filesOf(repo)).toEqual(['README']);
  });

  it('because what it needs has failed is no pass: skipped, its item blocked', async () => {
    const repo = create();
    const items = [{ name: 'a' }, { name: 'b', deps: ['a'] }];
    branchesFor(repo, items, ['a']);
    repo.branch('b', { broken: null, b: '1\n' }, 'a');
    const gates = new CountedGates(repo);
    const merged = await runPlan(repo, { items, gates: gates.gates });
    expect(merged.outcome).toEqual({ a: 'failed: gate-failed', b: 'blocked' });
    expect(itemOf(merged, 'b').gates).toMatchObject([{ required: true, status: 'skipped' }]);
    expect(gates.runs('b', 'integration')).toEqual([0, 0]);
    expect(filesOf(repo)).toEqual(['README']);
  });

  it('because there is none is refused before anything begins', async () => {
    const repo = create();
    branchesFor(repo, ITEMS);
    const optional = { items: ITEMS, policy: { optionalGates: ['test'] } };
    for (const plan of [{ items: ITEMS, gates: [] }, optional]) {
      const args = ['merge', writePlan(repo, plan), '--execute', '--json'];
      const problems = problemsOf(await runCli(args, { cwd: repo.path }));
      expect(problems.map(({ code }) => code)).toEqual(ITEMS.map(() => 'ungated'));
    }
    expect(filesOf(repo)).toEqual(['README']);
  });
});
