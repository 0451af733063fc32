import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { firingSchema, SCHEDULED_TIME } from '../../lib/engine/aws/firing';
import type { ScheduleProps } from '../../lib/infra/schedule-props';
import { openFindings } from './nag';
import { actionsOf, statementsOf } from './policies';
import { logicalId, type Resource, resourcesOf, synthesise } from './stack';

const folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
const file = join(folder, 'plan.yaml');
writeFileSync(
  file,
  'schemaVersion: v1\nrepository: https://git.example/shop\ntarget: main\ngates: [{ name: g, run: "true" }]\nitems: [{ name: a }]\n',
);

const SCHEDULES: readonly ScheduleProps[] = [
  {
    name: 'nightly',
    expression: 'cron(0 3 ? * MON-FRI *)',
    timezone: 'Europe/Berlin',
    plan: { from: 'branches', repository: 'https://git.example/shop', branches: ['feature/*'] },
    whenBusy: 'skip',
  },
  {
    name: 'stored',
    expression: 'rate(2 hours)',
    plan: { file },
    execute: false,
    maxWorkers: 7,
    enabled: false,
  },
];
const { stack, template, pyramid, resource } = synthesise((scope) => ({
  schedules: SCHEDULES,
  alarmTopic: new Topic(scope, 'Topic', { enforceSSL: true }),
}));
rmSync(folder, { recursive: true });
const schedules = pyramid.schedules!;
const arnOf = (construct: Parameters<typeof logicalId>[0]) => ({
  'Fn::GetAtt': [logicalId(construct), 'Arn'],
});
const handler = arnOf(pyramid.functions.schedule);
const letters = arnOf(schedules.deadLetters);
const group = template.Resources[stack.resolve(schedules.group.logicalId)]!;
const made = new Map(
  resourcesOf(template, 'AWS::Scheduler::Schedule').map(([, one]) => [one.Properties.Name, one]),
);
const roleId = logicalId(schedules.role);

/** What the function is called with; references as text. */
function inputOf(name: string): Record<string, unknown> {
  const { Input } = made.get(name)!.Properties.Target;
  if (typeof Input === 'string') return JSON.parse(Input);
  const parts: unknown[] = Input['Fn::Join'][1];
  return JSON.parse(
    parts.map((part) => (typeof part === 'string' ? part : Object.values(part as object)[0])).join(''),
  );
}

describe('a schedule', () => {
  it('is one of a group, at its time in its zone, as it was asked for', () => {
    expect(group.Type).toBe('AWS::Scheduler::ScheduleGroup');
    expect([...made.keys()].sort()).toEqual(['nightly', 'stored']);
    expect(made.get('nightly')!.Properties).toMatchObject({
      ScheduleExpression: 'cron(0 3 ? * MON-FRI *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'OFF' },
      GroupName: { Ref: stack.resolve(schedules.group.logicalId) },
    });
    expect(made.get('stored')!.Properties).toMatchObject({
      ScheduleExpression: 'rate(2 hours)',
      ScheduleExpressionTimezone: 'UTC',
      State: 'DISABLED',
    });
  });

  it('calls the function with what that takes, defaults filled in, and the time to come', () => {
    expect(inputOf('nightly')).toEqual({
      schedule: 'nightly',
      due: SCHEDULED_TIME,
      plan: {
        from: 'branches',
        repository: 'https://git.example/shop',
        target: 'main',
        branches: ['feature/*'],
        gates: [],
        infer: null,
        ungated: null,
      },
      execute: true,
      maxWorkers: null,
      whenBusy: 'skip',
    });
    const stored = inputOf('stored');
    expect(stored).toMatchObject({ execute: false, maxWorkers: 7, whenBusy: 'queue' });
    expect(stored.plan).toEqual({
      bucket: expect.stringContaining('assets'),
      key: expect.stringMatching(/^[0-9a-f]{64}\.yaml$/),
      file: 'plan.yaml',
    });
    for (const name of ['nightly', 'stored']) {
      const delivered = { ...inputOf(name), due: '2026-11-26T03:00:00Z' };
      expect(firingSchema.parse(delivered)).toEqual(delivered);
    }
  });

  it('is tried for hours, then kept, by Scheduler and by Lambda', () => {
    for (const { Properties } of made.values()) {
      const { Target } = Properties;
      expect(Target).toMatchObject({
        Arn: handler,
        RoleArn: { 'Fn::GetAtt': [roleId, 'Arn'] },
        DeadLetterConfig: { Arn: letters },
        RetryPolicy: { MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 8 },
      });
    }
    const invoked = resourcesOf(template, 'AWS::Lambda::EventInvokeConfig').map(([, one]) => one.Properties);
    const [own] = invoked.filter(
      ({ FunctionName }) => FunctionName.Ref === logicalId(pyramid.functions.schedule),
    );
    expect(own).toMatchObject({
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
      DestinationConfig: { OnFailure: { Destination: letters } },
    });
  });
});

describe('what Scheduler may do', () => {
  it('is to call this function and keep what it cannot deliver, for this group', () => {
    const statements = statementsOf(template, roleId);
    expect(statements.map(({ actions, resources }) => [actions, resources])).toEqual([
      [['lambda:InvokeFunction'], [handler]],
      [['sqs:SendMessage'], [letters]],
    ]);
    const [trust, ...others] = resource(schedules.role).Properties.AssumeRolePolicyDocument.Statement;
    expect(others).toEqual([]);
    expect(trust).toMatchObject({
      Principal: { Service: 'scheduler.amazonaws.com' },
      Condition: {
        StringEquals: {
          'aws:SourceAccount': { Ref: 'AWS::AccountId' },
          'aws:SourceArn': { 'Fn::GetAtt': [stack.resolve(schedules.group.logicalId), 'Arn'] },
        },
      },
    });
  });
});

describe('the plan that is stored', () => {
  it('can be read by the function of schedules alone, by its name', () => {
    const readers = resourcesOf(template, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
      JSON.stringify(Properties.PolicyDocument).includes('assets'),
    );
    expect(readers).toHaveLength(1);
    const [[, policy]] = readers as [[string, Resource]];
    expect(policy.Properties.Roles).toEqual([{ Ref: logicalId(pyramid.functions.schedule.role!) }]);
    const [statement, ...others] = policy.Properties.PolicyDocument.Statement;
    expect([others, statement.Action]).toEqual([[], 's3:GetObject']);
    expect(JSON.stringify(statement.Resource)).toMatch(/\/[0-9a-f]{64}\.yaml"/);
    expect(actionsOf(statementsOf(template, logicalId(pyramid.functions.schedule.role!)))).toEqual(
      expect.arrayContaining(['sqs:SendMessage', 's3:GetObject']),
    );
  });

  it('changes hands after the schedules, so that what is due meanwhile is tried again', () => {
    const [[, policy]] = resourcesOf(template, 'AWS::IAM::Policy').filter(([id]) =>
      id.includes('StoredPlans'),
    ) as [[string, Resource]];
    const ids = resourcesOf(template, 'AWS::Scheduler::Schedule').map(([id]) => id);
    expect(policy.DependsOn).toEqual(expect.arrayContaining(ids));
  });
});

describe('who is to know', () => {
  it('is told of one dead letter, with a runbook that there is', () => {
    const { Properties } = resource(schedules.alarm);
    expect(Properties).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [letters['Fn::GetAtt'][0], 'QueueName'] } }],
      Statistic: 'Maximum',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [{ Ref: expect.stringContaining('Topic') }],
    });
    expect(JSON.stringify(resourcesOf(template, 'AWS::CloudWatch::Dashboard'))).toContain(
      logicalId(schedules.alarm),
    );
    const [, anchor] = /docs\/operations\.md#(\S+)$/.exec(Properties.AlarmDescription)!;
    const runbook = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');
    const headings = [...runbook.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
    expect(headings.map((heading) => heading.toLowerCase().replaceAll(' ', '-'))).toContain(anchor);
  });

  it('gets the ends of runs of schedules that were refused, and of no others', () => {
    const rules = resourcesOf(template, 'AWS::Events::Rule').map(([, { Properties }]) => Properties);
    const [rule] = rules.filter(({ EventPattern }) => EventPattern.detail.status.includes('SUCCEEDED'));
    expect(rule.EventPattern.detail).toEqual({
      stateMachineArn: [{ Ref: logicalId(pyramid.machines.run) }],
      status: ['SUCCEEDED'],
      name: [{ prefix: 'nightly-' }, { prefix: 'stored-' }],
      output: [{ wildcard: '*"refused"*' }],
    });
    expect(rule.Targets.map(({ Arn }: { Arn: unknown }) => Arn)).toEqual([letters]);
  });
});

it('cdk-nag finds nothing', () => {
  expect(openFindings(stack)).toEqual([]);
});

it('without schedules there is nothing of all that', () => {
  const none = synthesise();
  expect(none.pyramid.schedules).toBeUndefined();
  const types = Object.values(none.template.Resources).map(({ Type }) => Type);
  expect(types.filter((type) => /Scheduler/.test(type))).toEqual([]);
});
