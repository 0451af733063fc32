import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkReport } from '../../../lib/report/check';
import type { Report } from '../../../lib/report/report';
import { runCli } from '../../support/cli';
import { type TestRepository, testRepositories } from '../../support/repository';
import { STACK, type TestCloud, testClouds } from '../../support/test-cloud';

const create = testRepositories();
const openCloud = testClouds();

const REPOSITORY = 'https://host/organisation/repository.git';
const AWS = ['--engine', 'aws', '--stack', STACK];

/** Writes a plan with a URL beside a repository, unless the fields say otherwise. */
function writePlan(repo: TestRepository, fields: object = {}, name = 'plan.json'): string {
  const path = join(repo.root, name);
  const gates = [{ name: 'test', run: 'true' }];
  const items = [{ name: 'a' }, { name: 'b', deps: ['a'] }];
  const plan = { schemaVersion: 'v1', repository: REPOSITORY, target: 'main', gates, items, ...fields };
  writeFileSync(path, JSON.stringify(plan, null, 2));
  return path;
}

const cli = (repo: TestRepository, cloud: TestCloud, args: readonly string[], more: object = {}) =>
  runCli(args, { cwd: repo.path, env: { ...cloud.env }, ...more });

describe('merge --engine aws', () => {
  it('shows the run as the local engine does, brings all files here, and exits as a local run', async () => {
    const [repo, cloud] = [create(), await openCloud()];
    const out = join(repo.root, 'out');
    const args = ['merge', writePlan(repo), '--execute', '--artifact-dir', out, ...AWS];
    const { code, stdout, stderr } = await cli(repo, cloud, args);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^Merged all 2 items into main/);
    expect(stdout).toContain(join(out, 'report.json'));
    expect(stderr).toMatch(/^run \d{8}-\d{6}-[0-9a-f]{4}-[0-9a-f]{8} is submitted; Ctrl-C ends the display/);
    expect(stderr).toMatch(/^gate test of a started, lane \d, 1 active$/m);
    expect(stderr).toMatch(/^gate test of b passed in \d+ms, lane \d, 0 active$/m);
    expect(stderr).toMatch(/^landing$[\s\S]*^item a merged/m);
    expect(readdirSync(out).sort()).toEqual(['logs', 'metrics.prom', 'report.json', 'report.md']);
    const report: Report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
    expect(report).toMatchObject({ engine: 'aws', status: 'merged', dryRun: false });
    const items = [
      { name: 'a', deps: [] },
      { name: 'b', deps: ['a'] },
    ];
    expect(checkReport(report, { items, maxWorkers: report.maxWorkers })).toEqual([]);
    for (const { gates } of report.items)
      expect(readFileSync(join(out, gates[0]!.log!), 'utf8')).toBe('pass\n');
  });

  it('prints one JSON document, the report, with logs as JSON lines on standard error', async () => {
    const [repo, cloud] = [create(), await openCloud()];
    cloud.script.gate = async (item) => (item === 'a' ? 'fail' : 'pass');
    const args = ['merge', writePlan(repo), '--log-format', 'json', ...AWS];
    const { code, stdout, stderr } = await cli(repo, cloud, args);
    expect(code).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ status: 'failed', dryRun: true });
    expect(report.items.map(({ status }: { status: string }) => status)).toEqual(['failed', 'blocked']);
    const kinds = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event);
    expect(kinds).toEqual(expect.arrayContaining(['note', 'gate-start', 'gate-end', 'item-end', 'phase']));
    expect(existsSync(join(repo.path, '.lex-pr/runs', report.runId, 'report.json'))).toBe(true);
  });
});
