import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { itemOf, mergePlan, problemsOf, runCli, writePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();

const PASS = { name: 'unit', run: 'true' };
const FAIL = { name: 'style', run: 'exit 3' };

/** Two items, one on the other, of which the first alone has a gate that fails. */
function pair(repo: TestRepository) {
  repo.branch('below', { below: '1\n' });
  repo.branch('above', { above: '1\n' }, 'below');
  return [
    { name: 'below', gates: [PASS, FAIL] },
    { name: 'above', deps: ['below'], gates: [PASS, { ...FAIL, run: 'true' }] },
  ];
}

describe('a gate that fails', () => {
  it('blocks nothing when it is optional, and the report has it', async () => {
    const repo = create();
    const merged = await mergePlan(repo, {
      gates: [],
      items: pair(repo),
      policy: { optionalGates: ['style'] },
    });
    expect(merged.outcome).toEqual({ below: 'merged', above: 'merged' });
    expect(merged.code).toBe(0);
    expect(itemOf(merged, 'below').gates[1]).toMatchObject({
      name: 'style',
      required: false,
      blocking: false,
      status: 'fail',
      exitCode: 3,
    });
  });

  it('blocks where blockOn names it, even when it is optional', async () => {
    const repo = create();
    const policy = { optionalGates: ['style'], blockOn: ['style'] };
    const merged = await mergePlan(repo, { gates: [], items: pair(repo), policy });
    expect(merged.outcome).toEqual({ below: 'failed: gate-failed', above: 'blocked' });
    expect(itemOf(merged, 'below').gates[1]).toMatchObject({ required: false, blocking: true });
  });

  it('blocks nothing when requiredGates does not name it', async () => {
    const repo = create();
    const merged = await mergePlan(repo, {
      gates: [],
      items: pair(repo),
      policy: { requiredGates: ['unit'] },
    });
    expect(merged.outcome).toEqual({ below: 'merged', above: 'merged' });
  });

  it('blocks by default', async () => {
    const repo = create();
    const merged = await mergePlan(repo, { gates: [], items: pair(repo) });
    expect(merged.outcome).toEqual({ below: 'failed: gate-failed', above: 'blocked' });
    expect(merged.code).toBe(1);
  });
});

describe('requiredGates', () => {
  it('refuses a plan in which an item lacks one of them', async () => {
    const repo = create();
    const items = pair(repo).map((item) => ({ ...item, gates: item.gates.slice(0, 1) }));
    const gates = [PASS, FAIL];
    const plan = writePlan(repo, { gates, items, policy: { requiredGates: ['style'] } });
    const problems = problemsOf(await runCli(['merge', plan, '--json'], { cwd: repo.path }));
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'missing-gate items[0].gates',
      'missing-gate items[1].gates',
    ]);
  });
});

describe('a gate with retries', () => {
  /** Fails the first `failures` times. */
  const shaky = (repo: TestRepository, failures: number) =>
    `echo try; n=$(cat '${repo.root}/n' 2>/dev/null || echo 0); echo $((n + 1)) > '${repo.root}/n'; test $n -ge ${failures}`;

  it('counts by its last attempt, and the report says that it was flaky', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const merged = await mergePlan(repo, {
      gates: [{ name: 'shaky', run: shaky(repo, 2) }],
      policy: { retries: { shaky: { maxAttempts: 3, backoffSeconds: 0.05 } } },
      items: [{ name: 'change' }],
    });
    expect(merged.outcome).toEqual({ change: 'merged' });
    const [gate] = itemOf(merged, 'change').gates;
    expect(gate).toMatchObject({ status: 'pass', attempts: 3, flaky: true });
    for (const attempt of [1, 2, 3])
      expect(existsSync(join(repo.root, 'artifacts', gate!.log!.replace('3.log', `${attempt}.log`)))).toBe(
        true,
      );
  });

  it('fails when the last attempt does', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const merged = await mergePlan(repo, {
      gates: [{ name: 'shaky', run: shaky(repo, 2) }],
      policy: { retries: { shaky: { maxAttempts: 2 } } },
      items: [{ name: 'change' }],
    });
    expect(merged.outcome).toEqual({ change: 'failed: gate-failed' });
    expect(itemOf(merged, 'change').gates).toMatchObject([{ status: 'fail', attempts: 2, flaky: false }]);
  });
});
