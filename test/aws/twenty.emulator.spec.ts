import { runCli } from '../support/cli';
import type { TestRepository } from '../support/repository';
import { followUntil, hostedRepositories, landed, outcomeOf, reportFile, reportOf, submit } from './cloud';

const hosted = hostedRepositories();

/** Twenty branches in five stacks of four; in the third stack one fails, in the fifth one conflicts with the fourth. */
function fill(repo: TestRepository): void {
  for (let stack = 0; stack < 5; stack += 1)
    for (let level = 0; level < 4; level += 1) {
      const files: Record<string, string> = { [`s${stack}/${level}`]: `${level}\n` };
      if (stack === 2 && level === 1) files.broken = 'yes\n';
      if (stack === 3 && level === 0) files.shared = 'three\n';
      if (stack === 4 && level === 2) files.shared = 'four\n';
      repo.branch(`s${stack}-${level}`, files, level === 0 ? 'main' : `s${stack}-${level - 1}`);
    }
}

const items = Array.from({ length: 20 }, (_, k) => {
  const [stack, level] = [Math.floor(k / 4), k % 4];
  return { name: `s${stack}-${level}`, deps: level === 0 ? [] : [`s${stack}-${level - 1}`] };
});

describe('twenty items on AWS', () => {
  it('land as far as they pass, in order, and nothing else does', async () => {
    const { repo, server } = await hosted(fill);
    const base = repo.git('rev-parse', 'main');
    const plan = {
      items,
      gates: [{ name: 'test', run: 'echo "testing $LEX_PR_TREE"; test ! -e broken', artifacts: ['README'] }],
      policy: { maxWorkers: 6 },
    };
    const run = await submit({ repo, server }, plan);
    const report = await reportOf(run, plan);

    const outcome = outcomeOf(report);
    expect(Object.keys(outcome)).toHaveLength(20);
    expect(outcome).toMatchObject({
      's2-0': 'merged',
      's2-1': 'failed: gate-failed',
      's2-2': 'blocked',
      's2-3': 'blocked',
      's3-3': 'merged',
      's4-1': 'merged',
      's4-2': 'failed: conflict',
      's4-3': 'blocked',
    });
    expect(Object.values(outcome).filter((status) => status === 'merged')).toHaveLength(15);
    expect(report).toMatchObject({ engine: 'aws', status: 'partial', maxWorkers: 6, dryRun: false });

    // The verified commit is what the target names now, and holds what was merged and nothing of the rest.
    expect(repo.git('rev-parse', 'main')).toBe(report.integration?.commit);
    expect(report.integration?.gates.map(({ status }) => status)).toEqual(['pass']);
    const merged = report.items.filter(({ status }) => status === 'merged').map(({ name }) => name);
    expect(landed(repo, base)).toEqual(merged);
    expect(repo.show('main', 'shared')).toBe('three');
    expect(repo.git('ls-tree', '-r', '--name-only', 'main').split('\n')).not.toContain('broken');

    const failed = report.items.find(({ name }) => name === 's2-1')!.gates[0]!;
    expect(await reportFile(run, failed.log!)).toMatch(/^testing [0-9a-f]{40}\n$/);
    const args = ['logs', run, '--item', 's2-1', '--gate', 'test', '--engine', 'aws', '--stack', 'LexPr'];
    const printed = await runCli(args, { cwd: repo.path });
    expect(printed).toMatchObject({ code: 0, stdout: await reportFile(run, failed.log!) });
    const passed = report.items.find(({ name }) => name === 's0-0')!.gates[0]!;
    expect(await reportFile(run, passed.artifacts[0]!)).toBe('base\n');
    expect(await reportFile(run, 'report.md')).toContain('s2-1');
    expect(await reportFile(run, 'metrics.prom')).toContain('lex_pr_gate_execution_seconds_bucket');
    expect(report.metrics.memory_usage_bytes!.max).toBeGreaterThan(1 << 20);
    // Nineteen short gates or so, and nearly a hundred transitions.
    expect(report.cost).toMatchObject({ currency: 'USD', estimated: true });
    expect(report.cost!.usd).toBeGreaterThan(0.002);
    expect(report.cost!.usd).toBeLessThan(0.1);
    expect(await reportFile(run, 'report.md')).toContain('- Cost: about $');

    // The same again: nothing to do, and no gate runs.
    const again = await reportOf(await submit({ repo, server }, plan), plan);
    const gates = again.items.flatMap((item) => item.gates);
    expect(again.cost!.usd).toBeLessThan(report.cost!.usd);
    expect(again.items.filter(({ status }) => status === 'merged')).toHaveLength(15);
    expect(gates.filter(({ status, cached }) => status === 'pass' && !cached)).toEqual([]);
  });

  it('change nothing in a dry run', async () => {
    const host = await hosted((repo) => repo.branches([{ name: 'a' }, { name: 'b', from: 'a' }]));
    const before = host.repo.git('for-each-ref');
    const plan = { items: [{ name: 'a' }, { name: 'b', deps: ['a'] }] };
    const report = await reportOf(await submit(host, plan, { execute: false }), plan);
    expect(report).toMatchObject({ dryRun: true, status: 'merged' });
    expect(host.repo.git('for-each-ref')).toBe(before);
  });

  it('are handed to lanes in groups where their gates are short', async () => {
    const names = Array.from({ length: 14 }, (_, k) => `g${k}`);
    const host = await hosted((repo) => repo.branches(names.map((name) => ({ name }))));
    const plan = { items: names.map((name) => ({ name })), policy: { maxWorkers: 2 } };
    const run = await submit(host, plan, { execute: false });
    expect((await reportOf(run, plan)).status).toBe('merged');
    const events = await followUntil(run, ({ ended }) => ended);
    // What a lane was handed by one answer starts at one moment of the run.
    const starts = events.flatMap((event) => (event.event === 'start' ? [`${event.lane} ${event.at}`] : []));
    const handed = [...Map.groupBy(starts, (start) => start).values()].map(({ length }) => length);
    expect(Math.max(...handed)).toBeGreaterThan(1);
    expect(handed.length).toBeLessThan(starts.length * 0.8);
  });
});
