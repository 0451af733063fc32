import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import parseExposition from 'parse-prometheus-text-format';
import type { Report } from '../../lib/report/report';
import { artifactFolder, type CliResult, mergePlan, problemsOf, runCli, writePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();

/** One item that merges, one whose gate fails, and one behind that. */
function mixed(repo: TestRepository) {
  repo.branch('good', { good: '1\n' });
  repo.branch('bad', { bad: '1\n' });
  repo.branch('behind', { behind: '1\n' }, 'bad');
  return {
    gates: [{ name: 'say "hi"', run: '! test -e bad' }],
    items: [{ name: 'good' }, { name: 'bad' }, { name: 'behind', deps: ['bad'] }],
  };
}

const json = ({ code, stdout, stderr }: CliResult) => {
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  return JSON.parse(stdout);
};

describe('lex-pr report', () => {
  it('prints the report of the last run or of a given one, also when a later run wrote to the same folder', async () => {
    const repo = create();
    const first = await mergePlan(repo, mixed(repo));
    const folder = artifactFolder(repo);
    const markdown = readFileSync(join(folder, 'report.md'), 'utf8');
    const second = await mergePlan(repo, { items: [] });
    const at = { cwd: repo.path };
    expect(json(await runCli(['report', '--json'], at))).toEqual(second.report);
    expect(json(await runCli(['report', first.report.runId, '--json'], at))).toEqual(first.report);
    expect((await runCli(['report', first.report.runId], at)).stdout).toBe(markdown);
  });

  it('says what to do where there has been no run, and which runs there are', async () => {
    const repo = create();
    const none = await runCli(['report', '--json'], { cwd: repo.path });
    expect(problemsOf(none)).toMatchObject([{ code: 'no-runs', hint: 'start one with lex-pr merge' }]);
    const { report } = await mergePlan(repo, { items: [] });
    const unknown = await runCli(['report', 'nosuch', '--json'], { cwd: repo.path });
    expect(problemsOf(unknown)).toMatchObject([{ code: 'unknown-run', hint: `runs: ${report.runId}` }]);
  });
});

describe('a run that cannot be read any more', () => {
  const damages = [
    '{',
    'null',
    '{}',
    '{"runId":"x","items":[],"cache":{},"metrics":{"lex_pr_x":{"values":[null]}}}',
  ];
  it.each(damages)('has no report: %j', async (text) => {
    const repo = create();
    const { report } = await mergePlan(repo, { items: [] });
    const path = join(repo.path, '.lex-pr/runs', report.runId, 'report.json');
    writeFileSync(path, text);
    for (const command of ['report', 'metrics'])
      expect(problemsOf(await runCli([command, '--json'], { cwd: repo.path }))).toMatchObject([
        { code: 'no-report', hint: expect.stringContaining(path) },
      ]);
  });

  it('has metrics without its Markdown', async () => {
    const repo = create();
    const { report } = await mergePlan(repo, { items: [] });
    rmSync(join(repo.path, '.lex-pr/runs', report.runId, 'report.md'));
    expect(json(await runCli(['metrics', '--json'], { cwd: repo.path }))).toEqual(report.metrics);
    expect(json(await runCli(['report', '--json'], { cwd: repo.path }))).toEqual(report);
    const { code, stderr } = await runCli(['report'], { cwd: repo.path });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('report.md') });
  });

  it.each([
    ['damaged', "'{'"],
    [
      'of a later format',
      'replace((SELECT body FROM record WHERE run = id), \'"format":1\', \'"format":9\')',
    ],
  ])('is refused by status and resume with what to do: %s', async (_, record) => {
    const repo = create();
    await mergePlan(repo, { items: [] });
    const database = new DatabaseSync(join(repo.path, '.lex-pr/state.db'));
    database.exec(`UPDATE run SET ended_at = NULL, record = ${record}`);
    database.close();
    for (const command of ['status', 'resume'])
      expect(problemsOf(await runCli([command, '--json'], { cwd: repo.path }))).toMatchObject([
        { code: 'unreadable-run', hint: expect.stringContaining('start another') },
      ]);
  });
});

describe('lex-pr metrics', () => {
  it('prints what a parser of somebody else reads as the numbers of the report; metrics.prom holds the same', async () => {
    const repo = create();
    const { report } = await mergePlan(repo, mixed(repo), ['--execute', '--max-workers', '2']);
    const { code, stdout } = await runCli(['metrics'], { cwd: repo.path });
    expect(code).toBe(0);
    expect(readFileSync(join(artifactFolder(repo), 'metrics.prom'), 'utf8')).toBe(stdout);

    const families = new Map(parseExposition(stdout).map((family) => [family.name, family]));
    expect([...families.keys()]).toEqual(
      Object.keys(report.metrics).filter((name) => name.startsWith('lex_pr_')),
    );
    expect(families.get('lex_pr_merge_success_total')).toMatchObject({
      type: 'COUNTER',
      metrics: [{ value: '1' }],
    });
    expect(families.get('lex_pr_merge_failure_total')!.metrics).toEqual([
      { value: '1', labels: { reason: 'gate-failed' } },
      { value: '1', labels: { reason: 'blocked' } },
    ]);
    expect(families.get('lex_pr_cache_misses_total')!.metrics).toContainEqual({
      value: '1',
      labels: { operation: 'order' },
    });
    const merges = families.get('lex_pr_merge_execution_seconds')!;
    expect(merges).toMatchObject({ type: 'HISTOGRAM', metrics: [{ buckets: { '+Inf': '1' } }] });
    expect(stdout).toContain('lex_pr_gate_execution_seconds_count{gate="say \\"hi\\"",status="fail"} 1\n');
    expect(Number(families.get('lex_pr_memory_usage_bytes')!.metrics[0]!.value)).toBeGreaterThan(1_000_000);
  });

  it('prints `.metrics` of the report as JSON', async () => {
    const repo = create();
    const { report } = await mergePlan(repo, mixed(repo));
    expect(json(await runCli(['metrics', '--json'], { cwd: repo.path }))).toEqual(report.metrics);
    expect(json(await runCli(['metrics', report.runId, '--json'], { cwd: repo.path }))).toEqual(
      report.metrics,
    );
  });

  it('count hits and misses of each cached operation, and the gates that ran only', async () => {
    const repo = create();
    repo.branch('good', { good: '1\n' });
    const dry = { items: [{ name: 'good' }] };
    const counts = ({ report }: { report: Report }) =>
      ['cache_hits_total', 'cache_misses_total'].map((name) => report.metrics[name]!.values);
    const value = (order: number, gate: number) => [
      { labels: { operation: 'order' }, value: order },
      { labels: { operation: 'gate' }, value: gate },
    ];
    // The woven commit has the tree of the candidate, so its verification is a hit.
    expect(counts(await mergePlan(repo, dry, []))).toEqual([value(0, 1), value(1, 1)]);
    const again = await mergePlan(repo, dry, []);
    expect(counts(again)).toEqual([value(1, 2), value(0, 0)]);
    expect(again.report.metrics.gate_execution_seconds!.count).toBe(0);
    expect(again.report.metrics.dependency_resolution_seconds!.values).toMatchObject([
      { labels: { cached: 'true' }, count: 1 },
    ]);
  });
});

describe('lex-pr run', () => {
  it('runs the gates and weaves nothing; the report says so', async () => {
    const repo = create();
    const plan = mixed(repo);
    // These two clash, which only a merge would find out.
    repo.branch('also', { good: '2\n' });
    const path = writePlan(repo, { ...plan, items: [...plan.items, { name: 'also' }] });
    const before = repo.git('for-each-ref');
    const result = await runCli(['run', path, '--json'], { cwd: repo.path });
    expect(result.code).toBe(1);
    const report: Report = JSON.parse(result.stdout);
    expect(report).toMatchObject({ dryRun: true, gatesOnly: true, integration: null, status: 'partial' });
    expect(report.items.map(({ name, status, reason }) => [name, status, reason?.split(':')[0]])).toEqual([
      ['also', 'merged', undefined],
      ['bad', 'failed', 'gate-failed'],
      ['behind', 'blocked', 'blocked'],
      ['good', 'merged', undefined],
    ]);
    expect(report.metrics).toMatchObject({
      merge_success_total: { value: 0 },
      merge_execution_seconds: { count: 0 },
      gate_execution_seconds: { count: 3 },
    });
    expect(repo.git('for-each-ref')).toBe(before);
  });

  it('exits 0 when every gate passes, and says so in words', async () => {
    const repo = create();
    repo.branch('good', { good: '1\n' });
    const path = writePlan(repo, { items: [{ name: 'good' }] });
    const { code, stdout } = await runCli(['run', path], { cwd: repo.path });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Gates only: 1 item passed; nothing was woven/);
    expect(stdout).toMatch(/^ {2}passed {2}good$/m);
  });
});
