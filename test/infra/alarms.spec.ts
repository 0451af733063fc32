import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { FUNCTION_NAMES } from '../../lib/infra/function-table';
import { logicalId, type Resource, resourcesOf, synthesise } from './stack';

const { template, pyramid } = synthesise();
const alarms = (of: typeof template): Record<string, Resource['Properties']> =>
  Object.fromEntries(
    resourcesOf(of, 'AWS::CloudWatch::Alarm').map(([id, { Properties }]) => [
      id.replace(/^PyramidAlarms(.*)[0-9A-F]{8}$/, '$1'),
      Properties,
    ]),
  );
const all = alarms(template);
const runbook = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');
const sections = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title]) =>
  title!
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-'),
);

it('there is an alarm for each thing that somebody has to look at', () => {
  expect(Object.keys(all).sort()).toEqual(
    [
      'DeadLetters',
      'EngineFaults',
      'FailedRuns',
      'Memory',
      'StuckRun',
      ...['Read', 'Write'].flatMap((kind) => ['runs', 'cache'].map((table) => `${kind}Throttles${table}`)),
      ...['api', 'control', 'gate', 'merge', 'next'].map((name) => `Throttles${name}`),
      ...FUNCTION_NAMES.map((name) => `Errors${name}`),
    ].sort(),
  );
});

describe.each(Object.entries(all))('the alarm %s', (_, alarm) => {
  it('links to a section of the runbook that is there', () => {
    const [, section] = / What to do: docs\/operations\.md#([\w-]+)$/.exec(alarm.AlarmDescription) ?? [];
    expect(sections).toContain(section);
  });

  it('goes off above its threshold, and not for want of data', () => {
    expect(alarm).toMatchObject({
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  it('looks at one metric', () => {
    expect([alarm.MetricName, alarm.Namespace]).toEqual([expect.any(String), expect.any(String)]);
  });
});

it('the metrics of runs are those that the functions send: with the name of the stack', () => {
  const dimensions = (name: string) =>
    Object.fromEntries(
      all[name]!.Dimensions.map(({ Name, Value }: { Name: string; Value: string }) => [Name, Value]),
    );
  const stack = pyramid.functions.next.stack.stackName;
  expect(dimensions('FailedRuns')).toEqual({ stack, status: 'failed' });
  expect(dimensions('StuckRun')).toEqual({ stack });
  const { Variables } = template.Resources[logicalId(pyramid.functions.next)]!.Properties.Environment;
  expect(Variables).toMatchObject({ METRICS_NAMESPACE: 'LexPr', STACK_NAME: stack });
  expect(all.FailedRuns!.Namespace).toBe('LexPr');
});

it('what the stack is told counts: how long is stuck, how much memory there is, whom to tell, where the runbook is', () => {
  const told = synthesise((stack) => ({
    stuckAfter: Duration.hours(3),
    sizes: { gate: { memoryMB: 4096 } },
    alarmTopic: new Topic(stack, 'Topic', { enforceSSL: true }),
    runbook: 'https://wiki.example/lex-pr',
  }));
  const of = alarms(told.template);
  expect(of.StuckRun!.Threshold).toBe(10_800);
  expect(of.Memory!.Threshold).toBe(3 * 2 ** 30);
  const [[topic]] = resourcesOf(told.template, 'AWS::SNS::Topic') as [[string, Resource]];
  for (const alarm of Object.values(of)) {
    expect([alarm.AlarmActions, alarm.OKActions]).toEqual([[{ Ref: topic }], [{ Ref: topic }]]);
    expect(alarm.AlarmDescription).toContain('https://wiki.example/lex-pr#');
  }
  expect(all.StuckRun!.AlarmActions).toBeUndefined();
});
