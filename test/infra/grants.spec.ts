import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { FUNCTION_NAMES, type FunctionName } from '../../lib/infra/function-table';
import { actionsOf, statementsOf } from './policies';
import { logicalId, resourcesOf, synthesise } from './stack';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:token-AbCdEf';
const { template, pyramid } = synthesise((stack) => ({
  repositoryAccess: {
    secret: Secret.fromSecretCompleteArn(stack, 'Secret', SECRET),
    repositories: 'https://git.example/ours/',
  },
}));
const statements = (name: FunctionName) => statementsOf(template, logicalId(pyramid.functions[name].role!));
const actions = (name: FunctionName) => actionsOf(statements(name));

const OWN = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];
const RUNS = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'];
const CACHE = ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'];
const DURATIONS = ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem'];
const BUCKET = ['s3:GetObject', 's3:ListBucket', 's3:PutObject'];
const ANSWER = ['states:SendTaskFailure', 'states:SendTaskSuccess'];
const SECRETS = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'];
const METRICS = ['cloudwatch:PutMetricData'];
const DEAD_LETTERS = ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'];

/** Starting runs, following and ending them. */
const CONTROL = [
  ...OWN,
  ...RUNS,
  ...CACHE,
  ...BUCKET,
  ...ANSWER,
  'states:StartExecution',
  'states:DescribeExecution',
  'states:StopExecution',
  'lambda:InvokeFunction',
];

/** Everything that a function may do. */
const ALLOWED: Record<FunctionName, readonly string[]> = {
  control: CONTROL,
  api: CONTROL,
  queue: [...OWN, ...RUNS, ...ANSWER],
  prepare: [...OWN, ...RUNS, ...CACHE, ...DURATIONS, ...BUCKET, ...SECRETS],
  next: [...OWN, ...RUNS, ...CACHE, ...BUCKET, ...ANSWER, ...METRICS],
  check: [...OWN, ...RUNS, ...BUCKET, ...ANSWER, 'events:PutEvents'],
  gate: OWN,
  merge: [...OWN, ...RUNS, ...BUCKET, ...SECRETS],
  report: [...OWN, ...RUNS, ...DURATIONS, ...BUCKET, ...ANSWER, ...METRICS],
  reconcile: [
    ...[...OWN, ...RUNS, ...DURATIONS, ...BUCKET, ...ANSWER, ...METRICS, ...DEAD_LETTERS],
    ...['states:StartExecution', 'lambda:InvokeFunction'],
  ],
  schedule: [...OWN, ...RUNS, ...BUCKET, ...METRICS, 'states:StartExecution'],
};

it.each(FUNCTION_NAMES)('%s may do this and nothing else', (name) => {
  expect(actions(name)).toEqual([...new Set(ALLOWED[name])].sort());
});

/** The functions that may do something of the kind. */
const who = (kind: RegExp): FunctionName[] =>
  FUNCTION_NAMES.filter((name) => actions(name).some((action) => kind.test(action)));

describe('only', () => {
  it('control, api, reconcile and schedule start runs, and no function starts lanes', () => {
    expect(who(/^states:Start/)).toEqual(['control', 'api', 'reconcile', 'schedule']);
    const started = FUNCTION_NAMES.flatMap(statements).filter(({ actions }) =>
      actions.join().includes('Start'),
    );
    const run = { Ref: logicalId(pyramid.machines.run) };
    expect(started.map(({ resources }) => resources)).toEqual([[run], [run], [run], [run]]);
  });

  it('prepare and merge read the secret, and that one only', () => {
    expect(who(/^secretsmanager:/)).toEqual(['prepare', 'merge']);
    const read = FUNCTION_NAMES.flatMap(statements).filter(({ actions }) =>
      actions.join().includes('Secret'),
    );
    expect(read.map(({ resources }) => resources)).toEqual([[SECRET], [SECRET]]);
  });

  it('control, api and reconcile call a function, which is merge', () => {
    expect(who(/^lambda:/)).toEqual(['control', 'api', 'reconcile']);
    const merge = { 'Fn::GetAtt': [logicalId(pyramid.functions.merge), 'Arn'] };
    for (const name of ['control', 'api', 'reconcile'] as const) {
      const [call] = statements(name).filter(({ actions }) => actions.includes('lambda:InvokeFunction'));
      expect(call!.resources).toEqual([merge]);
    }
  });

  it('check puts events, on the bus for checks', () => {
    expect(who(/^events:/)).toEqual(['check']);
    const [put] = statements('check').filter(({ actions }) => actions.includes('events:PutEvents'));
    expect(put!.resources).toEqual([{ 'Fn::GetAtt': [logicalId(pyramid.checks.bus), 'Arn'] }]);
  });

  it('rows of the cache are ever deleted, and no file', () => {
    const deletes = FUNCTION_NAMES.flatMap(statements).filter(({ actions }) => /Delete/.test(actions.join()));
    const cache = { 'Fn::GetAtt': [logicalId(pyramid.storage.cacheTable), 'Arn'] };
    for (const { resources, actions } of deletes)
      expect([resources, actions.filter((action) => /Delete/.test(action))]).toEqual([
        [cache],
        ['dynamodb:DeleteItem'],
      ]);
  });
});

it('gate code can reach nothing but the log and traces of its function', () => {
  const log = { 'Fn::GetAtt': [logicalId(pyramid.functions.gate.logGroup as never), 'Arn'] };
  expect(statements('gate').map(({ resources }) => resources)).toEqual([[log], ['*']]);
  const variables = template.Resources[logicalId(pyramid.functions.gate)]!.Properties.Environment.Variables;
  expect(Object.keys(variables).sort()).toEqual(['LEX_PR_LOG_LEVEL', 'NODE_OPTIONS']);
});

it('files are reached below runs/ only', () => {
  const bucket = { 'Fn::GetAtt': [logicalId(pyramid.storage.bucket), 'Arn'] };
  for (const { actions, resources, condition } of FUNCTION_NAMES.flatMap(statements)) {
    if (!actions.join().includes('s3:')) continue;
    if (actions.includes('s3:ListBucket'))
      expect([resources, condition]).toEqual([[bucket], { StringLikeIfExists: { 's3:prefix': 'runs/*' } }]);
    else expect(resources).toEqual([{ 'Fn::Join': ['', [bucket, '/runs/*']] }]);
  }
});

it('without access to repositories no function reads a secret', () => {
  const { template } = synthesise();
  const all = resourcesOf(template, 'AWS::IAM::Policy');
  expect(all.length).toBeGreaterThan(0);
  expect(JSON.stringify(all)).not.toContain('secretsmanager');
});
