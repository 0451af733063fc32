import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Architecture, DockerImageCode } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RootConstruct } from 'constructs';
import { InputError } from '../../lib/errors';
import type { MergePyramidProps } from '../../lib/infra/props';
import { settingsOf } from '../../lib/infra/settings';

/** What is wrong with properties. */
function problems(props: MergePyramidProps): string[] {
  try {
    settingsOf(props);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(({ code, message }) => `${code}: ${message}`);
  }
}

it('the defaults are those that are documented', () => {
  expect(settingsOf({})).toEqual({
    functions: 'image',
    architecture: Architecture.ARM_64,
    gateImage: undefined,
    builds: {},
    jwt: undefined,
    repositoryAccess: undefined,
    believeSharedPasses: false,
    maxWorkers: 200,
    runTimeout: Duration.days(7),
    retention: Duration.days(30),
    logRetention: RetentionDays.ONE_MONTH,
    logLevel: 'info',
    sizes: {},
    removalPolicy: RemovalPolicy.RETAIN,
    accessLogsBucket: undefined,
    alarmTopic: undefined,
    runbook: 'docs/operations.md',
    stuckAfter: Duration.hours(1),
    schedules: [],
    rotateAfterEvents: 20_000,
  });
});

describe.each<[string, (value: number) => MergePyramidProps, number, number]>([
  ['maxWorkers', (maxWorkers) => ({ maxWorkers }), 1, 2_000],
  ['days of retention', (days) => ({ retention: Duration.days(days) }), 1, 3_650],
  ['seconds of runTimeout', (seconds) => ({ runTimeout: Duration.seconds(seconds) }), 60, 2_592_000],
  ['seconds of stuckAfter', (seconds) => ({ stuckAfter: Duration.seconds(seconds) }), 900, 604_800],
  ['rotateAfterEvents', (rotateAfterEvents) => ({ rotateAfterEvents }), 100, 20_000],
  ['sizes.gate.memoryMB', (memoryMB) => ({ sizes: { gate: { memoryMB } } }), 128, 10_240],
  ['sizes.merge.storageMB', (storageMB) => ({ sizes: { merge: { storageMB } } }), 512, 10_240],
  ['sizes.next.reservedConcurrency', (n) => ({ sizes: { next: { reservedConcurrency: n } } }), 0, 100_000],
])('%s', (name, props, least, most) => {
  it(`can be a whole number from ${least} to ${most}`, () => {
    expect([least, most].flatMap((value) => problems(props(value)))).toEqual([]);
  });

  it.each([least - 1, most + 1, least + 0.5].filter((value) => value >= 0))('cannot be %d', (value) => {
    expect(problems(props(value))).toEqual([
      `invalid-property: ${name}: ${value} is not a whole number from ${least} to ${most}`,
    ]);
  });
});

it('logLevel is one of those that there are', () => {
  expect(problems({ logLevel: 'warn' })).toEqual([]);
  expect(problems({ logLevel: 'loud' as 'warn' })).toEqual(['invalid-property: logLevel: "loud" is none']);
});

it('retention is counted in whole days, however it is given', () => {
  expect(problems({ retention: Duration.hours(48) })).toEqual([]);
  expect(problems({ retention: Duration.hours(36) })).toHaveLength(1);
});

it('a run is kept for as long as it can take, resumed as often as that is done unasked', () => {
  const times = ({ retention, runTimeout }: MergePyramidProps) => {
    const made = settingsOf({ ...(retention && { retention }), ...(runTimeout && { runTimeout }) });
    return [made.retention.toDays(), made.runTimeout.toHours()];
  };
  expect(times({ retention: Duration.days(1) })).toEqual([1, 6]);
  expect(times({ retention: Duration.days(90) })).toEqual([90, 168]);
  expect(times({ runTimeout: Duration.days(30) })).toEqual([120, 720]);
  expect(times({ retention: Duration.days(4), runTimeout: Duration.days(1) })).toEqual([4, 24]);
  expect(problems({ retention: Duration.days(4), runTimeout: Duration.hours(25) })).toEqual([
    expect.stringMatching(
      /^invalid-property: retention: a run of .*, resumed 3 times, is kept too short with/,
    ),
  ]);
});

it('everything that is wrong is said at once, each with its name', () => {
  const wrong = problems({
    maxWorkers: 0,
    retention: Duration.hours(1),
    runTimeout: Duration.seconds(1),
    rotateAfterEvents: 1,
    sizes: { gate: { memoryMB: 1, storageMB: 1, reservedConcurrency: -1 }, gates: {} } as never,
    functions: 'zip',
    gateImage: DockerImageCode.fromImageAsset('.'),
    repositoryAccess: {
      secret: Secret.fromSecretNameV2(new Stack(new RootConstruct(), 'S'), 'Secret', 'token'),
      repositories: 'git@git.example:ours',
    },
    jwt: { issuer: 'http://login.example', audience: [''] },
  });
  expect(wrong.map((line) => line.replace(/^invalid-property: /, '').split(/: | is /)[0])).toEqual([
    'maxWorkers',
    'days of retention',
    'seconds of runTimeout',
    'rotateAfterEvents',
    'sizes.gate.memoryMB',
    'sizes.gate.storageMB',
    'sizes.gate.reservedConcurrency',
    'sizes',
    'gateImage goes with functions',
    expect.stringContaining('HTTPS only'),
    'jwt.issuer',
    'jwt.audience',
  ]);
});

it('a secret goes to HTTPS only', () => {
  const secret = Secret.fromSecretNameV2(new Stack(new RootConstruct(), 'S'), 'Secret', 'token');
  const scope = (repositories: string) => problems({ repositoryAccess: { secret, repositories } });
  expect(scope('https://git.example/ours/')).toEqual([]);
  expect(scope('http://git.example/ours/')).toEqual([expect.stringContaining('unencrypted')]);
});
