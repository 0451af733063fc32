import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkReport } from '../../../lib/report/check';
import type { Report } from '../../../lib/report/report';
import { problemsOf, runCli } from '../../support/cli';
import { testRepositories } from '../../support/repository';
import { testClouds } from '../../support/test-cloud';
import { jsonOf, onCloud, REPOSITORY, RUN_ID, runOf, startOnCloud, submit, writePlan } from './on-cloud';

const create = testRepositories();
const openCloud = testClouds();
const open = async () => ({ repo: create(), cloud: await openCloud() });

describe('merge --engine aws', () => {
  it('shows the run as the local engine does, brings all files here, and exits as a local run', async () => {
    const { repo, cloud } = await open();
    const out = join(repo.root, 'out');
    const args = ['merge', writePlan(repo), '--execute', '--artifact-dir', out];
    const { code, stdout, stderr } = await onCloud(repo, cloud, args);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^Merged all 2 items into main/);
    expect(stdout).toContain(join(out, 'report.json'));
    expect(stderr).toMatch(/^run \d{8}-\d{6}-[0-9a-f]{4}-[0-9a-f]{8} is submitted; Ctrl-C ends the display/);
    expect(stderr).toMatch(/^gate test of a taken up, lane \d, 1 active$/m);
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
    const { repo, cloud } = await open();
    cloud.script.gate = async (item) => (item === 'a' ? 'fail' : 'pass');
    const result = await onCloud(repo, cloud, ['merge', writePlan(repo), '--log-format', 'json']);
    const report = jsonOf(result);
    expect(report).toMatchObject({ code: 1, status: 'failed', dryRun: true });
    expect(report.items.map(({ status }: { status: string }) => status)).toEqual(['failed', 'blocked']);
    const lines = result.stderr.trim().split('\n');
    for (const line of lines) expect(JSON.parse(line).run).toBe(report.runId);
    const kinds = lines.map((line) => JSON.parse(line).event);
    expect(kinds).toEqual(expect.arrayContaining(['note', 'gate-start', 'gate-end', 'item-end', 'phase']));
    expect(existsSync(join(repo.path, '.lex-pr/runs', report.runId, 'report.json'))).toBe(true);
  });

  it('hands on a plan from standard input, who asks, and how many gates may run at once', async () => {
    const { repo, cloud } = await open();
    const input = readFileSync(writePlan(repo), 'utf8');
    const args = ['merge', '-', '--json', '--max-workers', '3'];
    const report = jsonOf(await onCloud(repo, cloud, args, { input }));
    expect(report).toMatchObject({ code: 0, maxWorkers: 3, status: 'merged' });
    const { request } = cloud.calls.find(({ action }) => action === 'submit')!;
    expect(request).toEqual({
      execute: false,
      gatesOnly: false,
      maxWorkers: 3,
      repository: null,
      committer: { name: 'Tester', email: 'tester@example.com' },
      file: '<stdin>',
    });
  });

  it('takes engine and stack from the environment, outside of any repository too', async () => {
    const { repo, cloud } = await open();
    const env = { ...cloud.env, LEX_PR_ENGINE: 'aws', LEX_PR_STACK: 'Test' };
    const { code, stdout } = await runCli(['merge', writePlan(repo)], { cwd: repo.root, env });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Dry run') });
    expect(cloud.calls.find(({ action }) => action === 'submit')!.request).toMatchObject({
      committer: { name: 'lex-pr', email: 'lex-pr@localhost' },
    });
  });

  it('with the same key is the same run, of which each gets the report', async () => {
    const { repo, cloud } = await open();
    const args = ['merge', writePlan(repo), '--json', '--idempotency-key', 'Monday'];
    const first = await onCloud(repo, cloud, args);
    const second = await onCloud(repo, cloud, args);
    expect(second.stderr).toContain('was submitted before, with the same key');
    expect(jsonOf(second)).toEqual(jsonOf(first));
    expect((await cloud.stores.index.page(10)).runs).toHaveLength(1);
  });

  it('says for whom it waits, and goes on once the target is free', async () => {
    const { repo, cloud } = await open();
    const { letGo } = cloud.hold('a');
    const first = await submit(cloud);
    const waiting = startOnCloud(repo, cloud, ['merge', writePlan(repo, { items: [{ name: 'b' }] })]);
    await waiting.said(new RegExp(`waits for its target: ${first} before it`));
    letGo();
    const { code, stdout } = await waiting.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('1 item') });
  });

  it('that is cancelled while it waits ends with 1, and has no report', async () => {
    const { repo, cloud } = await open();
    const { letGo } = cloud.hold('a');
    const first = await submit(cloud);
    const waiting = startOnCloud(repo, cloud, ['merge', writePlan(repo, { items: [{ name: 'b' }] })]);
    await waiting.said(/waits for its target/);
    const run = await waiting.said(RUN_ID);
    const cancelled = await onCloud(repo, cloud, ['cancel', run, '--reason', 'no more']);
    expect(cancelled).toMatchObject({ code: 0, stdout: `run ${run} is cancelled: nothing of it lands\n` });
    const { code, stdout, stderr } = await waiting.ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^run ${run} was cancelled before it began: by .*: no more$`, 'm'));
    letGo();
    await cloud.settled();
    expect(await cloud.ask({ action: 'status', run: first })).toMatchObject({ value: { status: 'ended' } });
  });

  it('that cannot be run is refused with every reason', async () => {
    const { repo, cloud } = await open();
    const problems = ['a', 'b'].map((name) => ({ code: 'no-branch', message: `there is no branch ${name}` }));
    cloud.script.start = (run) => cloud.stores.index.refuse(run, JSON.stringify(problems), Date.now());
    const found = problemsOf(await onCloud(repo, cloud, ['merge', writePlan(repo), '--json']));
    expect(found).toMatchObject(problems);
    const { code, stderr } = await onCloud(repo, cloud, ['merge', writePlan(repo)]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^there is no branch a\nthere is no branch b$/m);
  });

  it('that the engine could not begin is a fault', async () => {
    const { repo, cloud } = await open();
    const problem = { code: 'engine-fault', message: 'the engine failed 4 times' };
    cloud.script.start = (run) => cloud.stores.index.refuse(run, JSON.stringify([problem]), Date.now());
    const { code, stdout } = await onCloud(repo, cloud, ['merge', writePlan(repo), '--json']);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 3, errors: [problem] });
  });

  it('whose stack fails while it is followed goes on, and that is said', async () => {
    const { repo, cloud } = await open();
    cloud.script.fail = ({ action }) => (action === 'follow' ? { thrown: 'out of memory' } : undefined);
    const { code, stderr } = await onCloud(repo, cloud, ['merge', writePlan(repo), '--execute']);
    expect(code).toBe(3);
    expect(stderr).toContain('the control function failed: out of memory');
    const run = RUN_ID.exec(stderr)![0];
    expect(stderr).toContain(`follow it: lex-pr resume ${run} --engine aws --stack Test`);
    await cloud.settled();
    expect(await cloud.ask({ action: 'status', run })).toMatchObject({ value: { status: 'ended' } });
  });
});

describe('run --engine aws', () => {
  it('runs the gates only', async () => {
    const { repo, cloud } = await open();
    const result = await onCloud(repo, cloud, ['run', writePlan(repo)]);
    expect(result).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Gates only: all 2 items passed/),
    });
    expect(result.stderr).not.toContain('landing');
    expect(RUN_ID.test(runOf(result))).toBe(true);
  });
});

describe('the artifact folder of a run on AWS', () => {
  it('may hold other files, which stay, and those of a run before, which are replaced', async () => {
    const { repo, cloud } = await open();
    const out = join(repo.root, 'out');
    mkdirSync(join(out, 'logs'), { recursive: true });
    writeFileSync(join(out, 'report.json'), 'old');
    writeFileSync(join(out, 'logs/mine'), 'mine');
    const result = await onCloud(repo, cloud, ['merge', writePlan(repo), '--artifact-dir', out]);
    expect(result.code).toBe(0);
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')).runId).toBe(runOf(result));
    expect(readFileSync(join(out, 'logs/mine'), 'utf8')).toBe('mine');
  });

  it('that cannot be made is refused before anything is submitted', async () => {
    const { repo, cloud } = await open();
    const args = ['merge', writePlan(repo), '--json', '--artifact-dir', join(repo.path, 'README')];
    expect(problemsOf(await onCloud(repo, cloud, args))).toMatchObject([{ code: 'artifact-folder' }]);
    expect((await cloud.stores.index.page(10)).runs).toEqual([]);
  });

  it('with a folder in the place of the report: it is said what is in the way, and resume brings it elsewhere', async () => {
    const { repo, cloud } = await open();
    mkdirSync(join(repo.root, 'out/report.json'), { recursive: true });
    const into = (name: string) => ['--artifact-dir', join(repo.root, name)];
    const failed = await onCloud(repo, cloud, ['merge', writePlan(repo), ...into('out')]);
    expect(failed).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/out\/report\.json is in the way/),
    });
    const resumed = await onCloud(repo, cloud, ['resume', runOf(failed), '--json', ...into('other')]);
    expect(jsonOf(resumed)).toMatchObject({ code: 0, status: 'merged' });
  });
});

it('a plan that names no repository means that of origin', async () => {
  const { repo, cloud } = await open();
  repo.git('remote', 'add', 'origin', REPOSITORY);
  const plan = writePlan(repo, { repository: undefined });
  expect((await onCloud(repo, cloud, ['merge', plan])).code).toBe(0);
  const { request } = cloud.calls.find(({ action }) => action === 'submit')!;
  expect(request).toMatchObject({ repository: REPOSITORY });
});
