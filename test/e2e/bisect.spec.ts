import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, itemOf, mergePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const each = (repo: TestRepository, names = NAMES) => {
  for (const name of names) repo.branch(name, { [name]: '1\n' });
  return names.map((name) => ({ name }));
};

/** A gate that fails where all of these files are, and counts how often it ran. */
function counting(repo: TestRepository, ...together: string[]) {
  const file = join(repo.root, 'runs');
  const broken = together.map((name) => `test -e ${name}`).join(' && ');
  return {
    gate: { name: 'together', run: `echo x >> '${file}'; ! { ${broken}; }` },
    runs: () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0),
  };
}

describe('a weave that fails', () => {
  it('lands without the item that breaks it, which is told whom it clashes with', async () => {
    const repo = create();
    const items = [...each(repo, ['a', 'b', 'c']), { name: 'd', deps: ['c'] }];
    repo.branch('d', { d: '1\n' }, 'c');
    const gates = [{ name: 'not both', run: 'ls; ! { test -e a && test -e c; }' }];
    const merged = await mergePlan(repo, { gates, items });
    expect(merged.code).toBe(1);
    expect(merged.outcome).toEqual({
      a: 'merged',
      b: 'merged',
      c: 'failed: integration-failed',
      d: 'blocked',
    });
    const { reason, eviction, gates: own } = itemOf(merged, 'c');
    expect(own).toMatchObject([{ status: 'pass' }]);
    expect(eviction).toMatchObject({ gate: { status: 'fail' }, passesWith: 'b', clashesWith: ['a'] });
    expect(reason).toMatch(
      /not both exited with 1 on the weave with it, see \S+; the weave up to b passes without it; it clashes with a$/,
    );
    expect(existsSync(join(artifactFolder(repo), eviction!.gate.log!))).toBe(true);
    expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(
      expect.not.arrayContaining(['c', 'd']),
    );
    expect(merged.report.integration).toMatchObject({
      commit: repo.git('rev-parse', 'main'),
      gates: [{ status: 'pass' }],
    });
  });

  it.each(['merge', 'squash', 'rebase'] as const)(
    'is searched with about 2 + log₂ verifications where the strategy is %s',
    async (mergeStrategy) => {
      const repo = create();
      const { gate, runs } = counting(repo, 'f');
      const policy = { mergeStrategy, maxWorkers: 1, integration: { gates: [gate] } };
      const merged = await mergePlan(repo, {
        items: each(repo),
        gates: [{ name: 'x', run: 'true' }],
        policy,
      });
      expect(merged.report.items.map(({ status }) => status)).toEqual(
        NAMES.map((name) => (name === 'f' ? 'failed' : 'merged')),
      );
      expect(itemOf(merged, 'f').eviction).toMatchObject({ passesWith: 'e' });
      // The whole, three of halving, two for whom it clashes with, and the rest.
      expect(runs()).toBeLessThanOrEqual(2 + Math.log2(NAMES.length) + 2);
    },
  );

  it('is searched in one round where lanes are free', async () => {
    const repo = create();
    const { gate, runs } = counting(repo, 'b', 'g');
    const policy = { maxWorkers: 8, integration: { gates: [gate], maxClashProbes: 0 } };
    const merged = await mergePlan(repo, { items: each(repo), gates: [{ name: 'x', run: 'true' }], policy });
    expect(merged.outcome).toMatchObject({ g: 'failed: integration-failed', b: 'merged', h: 'merged' });
    expect(itemOf(merged, 'g').eviction).toMatchObject({ passesWith: 'f', clashesWith: [] });
    expect(runs()).toBe(1 + 7 + 1);
  });

  it('is left by one after the other that breaks it', async () => {
    const repo = create();
    const gate = { name: 'pairs', run: '! { test -e a && test -e c; } && ! { test -e b && test -e g; }' };
    const merged = await mergePlan(repo, { items: each(repo), gates: [gate] });
    expect(merged.report.items.filter(({ status }) => status === 'failed')).toMatchObject([
      { name: 'c', eviction: { clashesWith: ['a'] } },
      { name: 'g', eviction: { passesWith: 'f' } },
    ]);
    expect(merged.report.status).toBe('partial');
  });

  it('evicts nobody where the target fails by itself', async () => {
    const repo = create();
    const before = repo.git('rev-parse', 'main');
    const gates = [{ name: 'red', run: 'echo red; exit 7' }];
    const policy = { integration: { gates } };
    const items = each(repo, ['a', 'b']);
    const merged = await mergePlan(repo, { items, gates: [{ name: 'x', run: 'true' }], policy });
    for (const { name } of items) {
      expect(itemOf(merged, name)).toMatchObject({ status: 'failed', eviction: null });
      expect(itemOf(merged, name).reason).toMatch(
        /red exited with 7 on main as it is, see .*; mend that first/,
      );
    }
    expect(repo.git('rev-parse', 'main')).toBe(before);
  });

  it('lands nothing where no probes are allowed, or they do not suffice', async () => {
    for (const maxProbes of [0, 1]) {
      const repo = create();
      const { gate } = counting(repo, 'f');
      const policy = { maxWorkers: 1, integration: { gates: [gate], maxProbes } };
      const merged = await mergePlan(repo, {
        items: each(repo),
        gates: [{ name: 'x', run: 'true' }],
        policy,
      });
      expect(merged.report).toMatchObject({ status: 'failed', integration: { gates: [{ status: 'fail' }] } });
      const told = /not found with 1 probes \(policy.integration.maxProbes\)/.test(
        itemOf(merged, 'a').reason ?? '',
      );
      expect(told).toBe(maxProbes === 1);
    }
  });

  it('by a gate that only flakes is tried again, and not searched', async () => {
    const repo = create();
    const file = join(repo.root, 'tries');
    const flaky = { name: 'flaky', run: `echo x >> '${file}'; test "$(wc -l < '${file}')" -gt 1` };
    const policy = { integration: { gates: [flaky] }, retries: { flaky: { maxAttempts: 2 } } };
    const items = each(repo, ['a', 'b']);
    const merged = await mergePlan(repo, { items, gates: [{ name: 'x', run: 'true' }], policy });
    expect(merged.report.status).toBe('merged');
    expect(merged.report.integration?.gates).toMatchObject([{ flaky: true, attempts: 2 }]);
    expect(readFileSync(file, 'utf8')).toBe('x\nx\n');
  });

  it('is searched in a dry run as well, and no ref moves', async () => {
    const repo = create();
    const items = each(repo, ['a', 'b']);
    const before = repo.git('for-each-ref');
    const gates = [{ name: 'not both', run: '! { test -e a && test -e b; }' }];
    const merged = await mergePlan(repo, { items, gates }, []);
    expect(merged.outcome).toEqual({ a: 'merged', b: 'failed: integration-failed' });
    expect(repo.git('for-each-ref')).toBe(before);
  });
});
