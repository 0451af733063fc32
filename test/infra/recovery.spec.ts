import { logicalId, type Resource, resourcesOf, synthesise } from './stack';

const { template, pyramid, resource } = synthesise();
const { deadLetters } = pyramid.recovery;
const letters = { 'Fn::GetAtt': [logicalId(deadLetters), 'Arn'] };
const [[ruleId, rule]] = resourcesOf(template, 'AWS::Events::Rule') as [[string, Resource]];

describe('the end of an execution', () => {
  it('that was bad reaches reconcile: for runs only, not for their lanes', () => {
    expect(rule.Properties.EventPattern).toEqual({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: {
        stateMachineArn: [{ Ref: logicalId(pyramid.machines.run) }],
        status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
      },
    });
    const [target, ...others] = rule.Properties.Targets;
    expect(target.Arn).toEqual({ 'Fn::GetAtt': [logicalId(pyramid.functions.reconcile), 'Arn'] });
    expect([others, rule.Properties.State]).toEqual([[], 'ENABLED']);
  });

  it('is sent again for hours, then kept', () => {
    const [{ RetryPolicy, DeadLetterConfig }] = rule.Properties.Targets;
    expect(RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 8 });
    expect(DeadLetterConfig).toEqual({ Arn: letters });
  });

  it('that reconcile could not take care of is kept as well', () => {
    const [[, { Properties }]] = resourcesOf(template, 'AWS::Lambda::EventInvokeConfig') as [
      [string, Resource],
    ];
    expect(Properties).toMatchObject({
      FunctionName: { Ref: logicalId(pyramid.functions.reconcile) },
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
      DestinationConfig: { OnFailure: { Destination: letters } },
    });
  });
});

describe('the queue of dead letters', () => {
  it('is encrypted and keeps them as long as there can be', () => {
    expect(resource(deadLetters).Properties).toEqual({
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    });
  });

  it('takes them over TLS, and of all rules from this one', () => {
    const [[, { Properties }]] = resourcesOf(template, 'AWS::SQS::QueuePolicy') as [[string, Resource]];
    const { Statement } = Properties.PolicyDocument;
    expect(Statement).toHaveLength(2);
    expect(Statement).toMatchObject([
      { Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      {
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [ruleId, 'Arn'] } } },
      },
    ]);
  });
});
