import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { cloudFormation } from '../../lib/aws/cloudformation';
import { lambda } from '../../lib/aws/lambda';
import type {
  ControlAnswer,
  ControlCall,
  Followed,
  ReportFiles,
  Submitted,
  Upload,
} from '../../lib/engine/aws/control-protocol';
import { InputError } from '../../lib/errors';
import { checkReport } from '../../lib/report/check';
import type { Report } from '../../lib/report/report';
import type { RunEvent } from '../../lib/run/messages';
import type { PlanDocument } from '../support/cli';
import { type GitServer, serveRepository } from '../support/git-http-server';
import { TestRepository } from '../support/repository';

/** The outputs of the stack that global setup has deployed. */
export const stack = (): Readonly<Record<string, string>> => JSON.parse(process.env.LEX_PR_TEST_STACK!);

/** Deploys a stack that everything in this file talks to from then on. @param app makes it; this checkout's by default */
export async function deployOwn(context: Readonly<Record<string, string>>, app?: string): Promise<void> {
  const script = pathToFileURL(join(__dirname, '../../scripts/deploy-to-emulator.mjs')).href;
  const args = [{}, context, { isBootstrapped: true, app }].map((arg) => JSON.stringify(arg));
  const deploy = `import { deployToEmulator } from ${JSON.stringify(script)};
    console.log(JSON.stringify(await deployToEmulator(${args.join(', ')})));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', deploy]);
  process.env.LEX_PR_TEST_STACK = stdout;
}

/** Calls a function as the command line does. @throws InputError for what is wrong with the call */
export async function control<T>(call: ControlCall): Promise<T> {
  const answer = await invoke<ControlAnswer<T>>(stack().ControlFunctionName!, call);
  if ('problems' in answer) throw new InputError(answer.problems);
  return answer.value;
}

export async function invoke<T>(name: string, payload: object): Promise<T> {
  const { FunctionError, Payload } = await lambda().send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(payload) }),
  );
  const text = Buffer.from(Payload ?? []).toString();
  if (FunctionError !== undefined) throw new Error(text);
  return JSON.parse(text || 'null');
}

/** The function of a stack that is called so there: `Next`. @returns its name in Lambda */
export async function functionNamed(name: string, stackName = 'LexPr'): Promise<string> {
  const describe = new DescribeStackResourcesCommand({ StackName: stackName });
  const { StackResources = [] } = await cloudFormation().send(describe);
  return StackResources.find(
    ({ ResourceType, LogicalResourceId }) =>
      ResourceType === 'AWS::Lambda::Function' && LogicalResourceId!.includes(`Functions${name}`),
  )!.PhysicalResourceId!;
}

/** A repository whose `main` can be pushed to over HTTP. */
export interface Hosted {
  readonly repo: TestRepository;
  readonly server: GitServer;
}

/** Makes hosted repositories for the tests of a file; each is gone after its test. */
export function hostedRepositories(): (fill?: (repo: TestRepository) => void) => Promise<Hosted> {
  jest.setTimeout(300_000);
  const made: Hosted[] = [];
  afterEach(async () => {
    for (const { repo, server } of made.splice(0)) {
      await server.close();
      repo.remove();
    }
  });
  return async (fill) => {
    const repo = TestRepository.create();
    fill?.(repo);
    // Nobody works in it: a push may move what is checked out.
    repo.git('config', 'receive.denyCurrentBranch', 'ignore');
    const server = await serveRepository(`${repo.path}/.git`);
    made.push({ repo, server });
    return { repo, server };
  };
}

/** Of the commits that runs weave, as in test repositories. */
const committer = { name: 'Tester', email: 'tester@example.com' };

/** Hands in a plan for a hosted repository. @returns the run's id */
export async function submit(
  { server }: Hosted,
  plan: PlanDocument,
  options: { execute?: boolean; idempotencyKey?: string; gatesOnly?: boolean } = {},
): Promise<string> {
  const { idempotencyKey, execute = true, gatesOnly = false } = options;
  const key = idempotencyKey === undefined ? {} : { idempotencyKey };
  const { run, plan: id, url } = await control<Upload>({ action: 'upload', ...key });
  const gates = [{ name: 'test', run: 'true' }];
  const document = { schemaVersion: 'v1', target: 'main', repository: server.url, gates, ...plan };
  const stored = await fetch(url, { method: 'PUT', body: JSON.stringify(document) });
  expect(stored.status).toBe(200);
  await control<Submitted>({ action: 'submit', run, plan: id, request: { execute, gatesOnly, committer } });
  return run;
}

/** Everything that happens to a run, until `isEnough`. */
export async function followUntil(
  run: string,
  isEnough: (followed: Followed, events: readonly RunEvent[]) => boolean,
): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let after = 0; ; ) {
    const followed = await control<Followed>({ action: 'follow', run, after });
    if (followed.refusal !== undefined) throw new InputError(followed.refusal);
    after = followed.progress?.version ?? after;
    events.push(...(followed.progress?.events ?? []));
    if (isEnough(followed, events)) return events;
    if (followed.ended) throw new Error('the run ended before that');
    await pause(100);
  }
}

/** Waits for the end of a run, and reads its report, checked against its plan. */
export async function reportOf(run: string, plan: PlanDocument): Promise<Report> {
  await followUntil(run, ({ ended }) => ended);
  const report = JSON.parse(await reportFile(run, 'report.json'));
  const items = plan.items.map(({ name, deps }) => ({ name, deps: deps ?? [] }));
  expect(checkReport(report, { items, maxWorkers: report.maxWorkers })).toEqual([]);
  return report;
}

export async function reportFile(run: string, path: string): Promise<string> {
  const { files } = await control<ReportFiles>({ action: 'report', run });
  const file = files.find((found) => found.path === path);
  if (file === undefined) throw new Error(`no ${path} among ${files.map((found) => found.path).join(', ')}`);
  return (await fetch(file.url)).text();
}

/** `merged`, `failed: gate-failed`, `blocked`, … by item name. */
export const outcomeOf = ({ items }: Report): Record<string, string> =>
  Object.fromEntries(
    items.map(({ name, status, reason }) => [
      name,
      status === 'failed' ? `failed: ${reason?.split(':')[0]}` : status,
    ]),
  );

/** What the items of a woven history say they are, in the order in which they landed. */
export const landed = (repo: TestRepository, base: string): string[] =>
  execFileSync(
    'git',
    ['log', '--first-parent', '--reverse', '--format=%(trailers:key=Lex-PR-Item,valueonly)', `${base}..main`],
    { cwd: repo.path, encoding: 'utf8' },
  )
    .split('\n')
    .filter((line) => line !== '');
