import { itemOf, mergePlan } from '../support/cli';
import { testRepositories } from '../support/repository';

const create = testRepositories();

describe('a gate in quarantine', () => {
  it('runs and is reported, but neither blocks nor is remembered', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const plan = {
      gates: [
        { name: 'sound', run: 'true' },
        { name: 'shaky', run: 'exit 3', flaky: 'quarantine' },
        { name: 'lucky', run: 'true', flaky: 'quarantine' },
      ],
      items: [{ name: 'change' }],
      policy: { blockOn: ['shaky'] },
    };
    const dry = await mergePlan(repo, plan, []);
    expect(dry.outcome).toEqual({ change: 'merged' });
    const merged = await mergePlan(repo, plan);
    expect([merged.code, merged.outcome]).toEqual([0, { change: 'merged' }]);
    expect(itemOf(merged, 'change').gates).toMatchObject([
      { name: 'sound', required: true, quarantined: false, status: 'pass', cached: true },
      { name: 'shaky', required: false, blocking: false, quarantined: true, status: 'fail', exitCode: 3 },
      { name: 'lucky', quarantined: true, status: 'pass', cached: false, attempts: 1 },
    ]);
    // Of the union of required gates it is no part.
    expect(merged.report.integration?.gates.map(({ name }) => name)).toEqual(['sound']);
    expect(merged.stdout).toContain('1 failed in quarantine');
  });

  it('does not fail the verification that it is part of', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const integration = {
      gates: [
        { name: 'whole', run: 'true' },
        { name: 'shaky', run: 'exit 3', flaky: 'quarantine' },
      ],
    };
    const merged = await mergePlan(repo, { items: [{ name: 'change' }], policy: { integration } });
    expect([merged.code, merged.outcome]).toEqual([0, { change: 'merged' }]);
    expect(merged.report.integration?.gates).toMatchObject([
      { name: 'whole', blocking: true, status: 'pass' },
      { name: 'shaky', blocking: false, quarantined: true, status: 'fail' },
    ]);
  });
});
