import { DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { cloudFormation } from '../../lib/aws/cloudformation';
import { lambda } from '../../lib/aws/lambda';
import { type ControlServices, submit, upload } from '../../lib/engine/aws/control';
import type { GateAnswer, PrepareAnswer } from '../../lib/engine/aws/protocol';
import { reportRun } from '../../lib/engine/aws/report-run';
import { waitForTarget } from '../../lib/engine/aws/run-queue';
import { cache, turnServices } from '../../lib/engine/aws/services';
import { takeTurn } from '../../lib/engine/aws/turn';
import { FUNCTION_NAMES, FUNCTIONS } from '../../lib/infra/function-table';
import { type Called, carry } from '../engine/aws/stack';
import { testFunctions } from '../support/runtime-api';
import { shape } from '../support/shape';
import { hostedRepositories, landed, outcomeOf, reportFile } from './cloud';

const hosted = hostedRepositories();
const start = testFunctions();
jest.setTimeout(300_000);

/** The variables that the template has given a function. */
async function variablesOf(name: string): Promise<Record<string, string>> {
  const resources = await cloudFormation().send(new DescribeStackResourcesCommand({ StackName: 'LexPr' }));
  const { PhysicalResourceId } = resources.StackResources!.find(
    ({ ResourceType, LogicalResourceId }) =>
      ResourceType === 'AWS::Lambda::Function' &&
      new RegExp(`${name}[0-9A-F]{8}$`, 'i').test(LogicalResourceId!),
  )!;
  const question = new GetFunctionConfigurationCommand({ FunctionName: PhysicalResourceId });
  return (await lambda().send(question)).Environment!.Variables!;
}

/** What makes the SDK talk to the emulator. */
const emulator = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name.startsWith('AWS_')),
) as Record<string, string>;

it('the images take a run from its plan to its target, with the variables of the template', async () => {
  const { repo, server } = await hosted((made) => {
    made.branch('a', { a: 'a\n' });
    made.branch('b', { b: 'b\n' }, 'a');
    made.branch('bad', { bad: 'x\n' });
  });
  const base = repo.git('rev-parse', 'main');
  const made = FUNCTION_NAMES.filter((name) => FUNCTIONS[name].git).map(async (name) => {
    // Neither more of the template nor more programs than the image has.
    const programs = name === 'gate' ? ['git', 'mkfifo'] : ['git', 'stdbuf'];
    const variables = { ...emulator, ...(await variablesOf(name)) };
    return [name, await start(name, { variables, programs })] as const;
  });
  const { prepare, gate, merge } = Object.fromEntries(await Promise.all(made));

  // The functions around them, in this process; nobody else is told of the run.
  Object.assign(process.env, await variablesOf('next'));
  const answers = new Map<string, PromiseWithResolvers<unknown>>();
  const answerTo = (token: string) => {
    const known = answers.get(token) ?? Promise.withResolvers<unknown>();
    answers.set(token, known);
    return known;
  };
  const services = {
    ...turnServices(),
    cache: cache(),
    send: async () => {},
    shape,
    tokens: {
      succeed: async (token: string, output: unknown) => answerTo(token).resolve(output),
      fail: async (token: string, error: string, cause: string) => {
        throw new Error(`${token}: ${error}: ${cause}`);
      },
    },
    starter: { start: async () => {}, isRunning: async () => true },
    stopLane: async () => {},
    stop: () => Promise.reject(new Error('nothing is stopped here')),
  } satisfies ControlServices & Parameters<typeof reportRun>[0];
  const functions: Called = {
    queue: (call) => waitForTarget(services, call),
    prepare: (call) => prepare!.invoke<PrepareAnswer>(call),
    next: (call) => takeTurn(services, call),
    gate: (job) => gate!.invoke<GateAnswer>({ job }),
    async merge(call) {
      expect(await merge!.invoke(call)).toBeNull();
    },
    report: (call) => reportRun(services, call),
  };

  const { run, plan, url } = await upload(services, { action: 'upload' });
  const document = {
    schemaVersion: 'v1',
    target: 'main',
    repository: server.url,
    gates: [{ name: 'test', run: '! test -e bad && echo "found $(echo *)"', artifacts: ['a'] }],
    items: [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'bad' }],
    policy: { maxWorkers: 1 },
  };
  expect((await fetch(url, { method: 'PUT', body: JSON.stringify(document) })).status).toBe(200);
  const committer = { name: 'Tester', email: 'tester@example.com' };
  await submit(services, {
    action: 'submit',
    run,
    plan,
    request: { execute: true, gatesOnly: false, committer },
  } as Parameters<typeof submit>[1]);
  await carry({ answerTo: <T>(token: string) => answerTo(token).promise as Promise<T> }, run, (call) =>
    call(functions),
  );

  const report = JSON.parse(await reportFile(run, 'report.json'));
  expect(outcomeOf(report)).toEqual({ a: 'merged', b: 'merged', bad: 'failed: gate-failed' });
  expect(landed(repo, base)).toEqual(['a', 'b']);
  expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'a', 'b']);
  expect(await merge!.invoke({ cancel: run, why: 'late' })).toBe('too-late');
});
