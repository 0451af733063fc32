import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, itemOf, mergePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();

function two(repo: TestRepository) {
  repo.branch('left', { left: '1\n' });
  repo.branch('right', { right: '1\n' });
  return [{ name: 'left' }, { name: 'right' }];
}

/** Passes on each change, fails on both. */
const NOT_BOTH = { name: 'not both', run: 'ls; ! { test -e left && test -e right; }' };

describe('verification of the woven commit', () => {
  it('catches two changes that pass alone and fail together, and nothing lands where nothing may be left out', async () => {
    const repo = create();
    const items = two(repo);
    const before = repo.git('rev-parse', 'main');
    const policy = { integration: { maxProbes: 0 } };
    const merged = await mergePlan(repo, { gates: [NOT_BOTH], items, policy });
    expect(merged.outcome).toEqual({
      left: 'failed: integration-failed',
      right: 'failed: integration-failed',
    });
    expect(merged.code).toBe(1);
    for (const { name } of items)
      expect(itemOf(merged, name).gates).toMatchObject([{ name: 'not both', status: 'pass' }]);
    expect(merged.report.integration?.gates).toMatchObject([{ name: 'not both', status: 'fail' }]);
    expect(itemOf(merged, 'left').reason).toMatch(/not both exited with 1 on the woven commit, see logs\//);
    expect(repo.git('rev-parse', 'main')).toBe(before);
  });

  it('keeps apart what gates of one name and different definitions write', async () => {
    const repo = create();
    const gates = ['left', 'right'].map((side) => [
      { name: 'test', run: `echo ${side} | tee out; sleep 0.2`, artifacts: ['out'], cache: 'off' },
    ]);
    const items = two(repo).map((item, index) => ({ ...item, gates: gates[index]! }));
    const { report } = await mergePlan(repo, { items });
    const read = (path: string) => readFileSync(join(artifactFolder(repo), path), 'utf8');
    const verified = report.integration!.gates;
    expect(verified.map(({ log }) => read(log!)).sort()).toEqual(['left\n', 'right\n']);
    expect(verified.map(({ artifacts }) => read(artifacts[0]!)).sort()).toEqual(['left\n', 'right\n']);
  });

  it('runs the gates of policy.integration, and only those', async () => {
    const repo = create();
    const gates = [{ name: 'whole', run: 'test -e left && test -e right' }];
    const { code, report } = await mergePlan(repo, {
      items: two(repo),
      gates: [NOT_BOTH],
      policy: { integration: { gates } },
    });
    expect(code).toBe(0);
    expect(report.integration?.gates).toMatchObject([{ name: 'whole', status: 'pass', required: true }]);
    expect(report.integration?.commit).toBe(repo.git('rev-parse', 'main'));
  });

  it('that fails by a gate of policy.integration lands nothing', async () => {
    const repo = create();
    const before = repo.git('rev-parse', 'main');
    const policy = { integration: { gates: [{ name: 'whole', run: 'exit 7' }] } };
    const merged = await mergePlan(repo, { items: two(repo), policy });
    expect(merged.outcome).toEqual({
      left: 'failed: integration-failed',
      right: 'failed: integration-failed',
    });
    expect(repo.git('rev-parse', 'main')).toBe(before);
  });

  it('runs on exactly the commit that lands, trailers included', async () => {
    const repo = create();
    const verify = { name: 'verify', run: 'git log -1 --format=%H%n%B', cache: 'commit' };
    const { report } = await mergePlan(repo, {
      items: two(repo),
      policy: { integration: { gates: [verify] } },
    });
    const seen = readFileSync(join(artifactFolder(repo), report.integration!.gates[0]!.log!), 'utf8');
    expect(seen).toContain(`Lex-PR-Run: ${report.runId}`);
    expect(seen.trimEnd()).toBe(repo.git('log', '-1', '--format=%H%n%B', 'main').trimEnd());
  });

  it('is left out by integration: none, said in words', async () => {
    const repo = create();
    const items = two(repo);
    const { code, report } = await mergePlan(repo, {
      gates: [NOT_BOTH],
      items,
      policy: { integration: 'none' },
    });
    expect(code).toBe(0);
    expect(report.integration?.gates).toEqual([]);
  });

  it('of a pure stack costs nothing: the last candidate has been tested already', async () => {
    const repo = create();
    repo.branch('below', { below: '1\n' });
    repo.branch('above', { above: '1\n' }, 'below');
    const items = [{ name: 'below' }, { name: 'above', deps: ['below'] }];
    const { code, report } = await mergePlan(repo, { items });
    expect(code).toBe(0);
    expect(report.integration?.gates).toMatchObject([{ status: 'pass', cached: true, attempts: 0 }]);
  });
});
