import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { lambda } from '../../lib/aws/lambda';
import type { RunPage, RunSummary } from '../../lib/engine/aws/control-protocol';
import type { Report } from '../../lib/report/report';
import { type GitServer, serveRepository } from '../support/git-http-server';
import { TestRepository } from '../support/repository';
import { control, deployOwn, invoke, landed, reportFile, stack } from './cloud';

jest.setTimeout(300_000);

/** A stack of its own, with a repository for each schedule. */
const repos: Record<string, TestRepository> = {};
const servers: GitServer[] = [];

beforeAll(async () => {
  const urls: Record<string, string> = {};
  for (const name of ['branches', 'stored', 'lost']) {
    const repo = TestRepository.create();
    repos[name] = repo;
    repo.commit({ Makefile: 'test:\n\ttest ! -e broken\n' });
    repo.branches([{ name: 'feature/a' }, { name: 'feature/b', from: 'feature/a' }, { name: 'other' }]);
    repo.branch('feature/broken', { broken: '1\n' });
    repo.git('config', 'receive.denyCurrentBranch', 'ignore');
    const server = await serveRepository(`${repo.path}/.git`);
    servers.push(server);
    urls[name] = server.url;
  }
  const { root } = repos.branches!;
  const gates = [{ name: 'test', run: 'make test' }];
  const plan = {
    schemaVersion: 'v1',
    repository: urls.stored,
    target: 'main',
    gates,
    items: [{ name: 'other' }],
  };
  writeFileSync(join(root, 'plan.json'), JSON.stringify(plan));
  const expression = `at(${new Date(Date.now() + 10_000).toISOString().slice(0, 19)})`;
  const schedules = [
    {
      name: 'branches',
      expression,
      plan: { from: 'branches', repository: urls.branches, branches: ['feature/*'] },
    },
    { name: 'stored', expression, plan: { file: 'plan.json' }, whenBusy: 'skip' },
    { name: 'lost', expression, plan: { from: 'branches', repository: urls.lost, target: 'trunk' } },
  ];
  const file = join(root, 'schedules.json');
  writeFileSync(file, JSON.stringify(schedules));
  await deployOwn({ stack: 'Scheduled', functions: 'zip', schedules: file });
});

afterAll(async () => {
  for (const server of servers) await server.close();
  for (const repo of Object.values(repos)) repo.remove();
});

/** Looks again until there is something. */
async function found<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let tried = 0; tried < 600; tried += 1) {
    const value = await look();
    if (value !== undefined) return value;
    await pause(200);
  }
  throw new Error(`there is still no ${what}`);
}

const ended = (schedule: string): Promise<RunSummary> =>
  found(`run of ${schedule} that has ended`, async () =>
    (await control<RunPage>({ action: 'list' })).runs.find(
      ({ runId, endedAt }) => runId.startsWith(`${schedule}-`) && endedAt !== null,
    ),
  );

const reportOf = async (run: string): Promise<Report> => JSON.parse(await reportFile(run, 'report.json'));

/** A dead letter that says so, as SQS gives it without an SDK. */
const letter = (text: string): Promise<string> =>
  found(`letter with ${text}`, async () => {
    const query = {
      Action: 'ReceiveMessage',
      QueueUrl: stack().ScheduleDeadLettersUrl!,
      MaxNumberOfMessages: '10',
    };
    const answer = await fetch(process.env.AWS_ENDPOINT_URL!, {
      method: 'POST',
      body: new URLSearchParams({ ...query, VisibilityTimeout: '0' }),
    });
    const body = await answer.text();
    return body.includes(text) ? body : undefined;
  });

/** What Scheduler has of a schedule. */
async function scheduleOf(name: string): Promise<{ Target: { Arn: string; Input: string } }> {
  const path = `/schedules/${name}?groupName=${stack().ScheduleGroupName}`;
  // Which service is asked stands in the signature, which the emulator does not check.
  const scope = 'test/20260101/us-east-1/scheduler/aws4_request';
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
  const answer = await fetch(`${process.env.AWS_ENDPOINT_URL}${path}`, { headers: { authorization } });
  return answer.json() as never;
}

describe('a schedule that fires', () => {
  it('plans the branches that there are, and lands what passes', async () => {
    const { runId, status } = await ended('branches');
    const report = await reportOf(runId);
    expect([status, report.status, report.dryRun]).toEqual(['ended', 'partial', false]);
    expect(report.items.map((item) => `${item.name} ${item.status}`)).toEqual([
      'feature/a merged',
      'feature/b merged',
      'feature/broken failed',
    ]);
    expect(landed(repos.branches!, report.target.before)).toEqual(['feature/a', 'feature/b']);
  });

  it('runs the plan that was stored with the stack', async () => {
    const { runId } = await ended('stored');
    const report = await reportOf(runId);
    expect(report.status).toBe('merged');
    expect(landed(repos.stored!, report.target.before)).toEqual(['other']);
  });

  it('is one run, however often it is delivered', async () => {
    await ended('stored');
    const { Target } = await scheduleOf('stored');
    const due = '2026-01-01T00:00:00Z';
    const fired = [1, 2].map(() =>
      invoke<object>(Target.Arn, { ...JSON.parse(Target.Input), schedule: 'again', due }),
    );
    const [one, two] = (await Promise.all(fired)) as [{ run: string }, { run: string }];
    expect([one.run, two.run]).toEqual(Array(2).fill('again-20260101T000000'));
    const again = await ended('again');
    expect((await reportOf(again.runId)).items[0]!.reason).toMatch(/^nothing to do/);
  });
});

describe('a schedule that fails is a dead letter', () => {
  it('where its run is refused', async () => {
    const { runId, status } = await ended('lost');
    expect(status).toBe('refused');
    expect(await letter(runId)).toContain('aws.states');
    expect(repos.lost!.git('branch', '--merged', 'main')).toBe('* main');
  });

  it('where its function cannot start one', async () => {
    const { Target } = await scheduleOf('stored');
    const Payload = JSON.stringify({ ...JSON.parse(Target.Input), whenBusy: 'never' });
    await lambda().send(new InvokeCommand({ FunctionName: Target.Arn, InvocationType: 'Event', Payload }));
    expect(await letter('never')).toBeDefined();
  });
});
