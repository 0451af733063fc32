import { actionsOf, statementsOf } from './policies';
import { logicalId, resourcesOf, synthesise } from './stack';

const { template, pyramid } = synthesise();
const roles = resourcesOf(template, 'AWS::IAM::Role').map(([id]) => id);
const statements = roles.flatMap((role) => statementsOf(template, role));

it('every role is that of a function, of a state machine or of builds', () => {
  const { functions, machines, builds } = pyramid;
  const known = [...Object.values(functions), machines.lane, machines.run, builds].map(({ role }) =>
    logicalId(role!),
  );
  expect([...roles].sort()).toEqual(known.sort());
});

it('no action has a wildcard', () => {
  expect(actionsOf(statements).filter((action) => action.includes('*'))).toEqual([]);
});

it('every resource is named, but for what has none', () => {
  const nameless = statements.filter(({ resources }) => resources.includes('*'));
  expect(actionsOf(nameless.filter(({ condition }) => condition === undefined))).toEqual([
    'logs:CreateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:DescribeLogGroups',
    'logs:DescribeResourcePolicies',
    'logs:GetLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:UpdateLogDelivery',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:PutTelemetryRecords',
    'xray:PutTraceSegments',
  ]);
  const conditional = nameless.filter(({ condition }) => condition !== undefined);
  expect(conditional.length).toBeGreaterThan(0);
  for (const { actions, condition } of conditional) {
    expect(actions).toEqual(['cloudwatch:PutMetricData']);
    expect(condition).toEqual({ StringEquals: { 'cloudwatch:namespace': 'LexPr' } });
  }
});

it('the log delivery of state machines is no business of functions', () => {
  const functions = Object.values(pyramid.functions).flatMap(({ role }) =>
    statementsOf(template, logicalId(role!)),
  );
  expect(actionsOf(functions).filter((action) => /LogDeliver|ResourcePolic/.test(action))).toEqual([]);
});

describe('a state machine', () => {
  const may = (machine: 'lane' | 'run') => statementsOf(template, logicalId(pyramid.machines[machine].role));
  const called = (machine: 'lane' | 'run') =>
    may(machine)
      .filter(({ actions }) => actions.includes('lambda:InvokeFunction'))
      .flatMap(({ resources }) => resources);
  const versions = (name: keyof typeof pyramid.functions) => ({
    'Fn::Join': ['', [{ 'Fn::GetAtt': [logicalId(pyramid.functions[name]), 'Arn'] }, ':*']],
  });

  it('calls the functions of its definition and no other', () => {
    expect(called('lane')).toEqual([
      versions('check'),
      versions('gate'),
      versions('merge'),
      versions('next'),
    ]);
    expect(called('run')).toEqual([versions('prepare'), versions('queue'), versions('report')]);
  });

  it('of a lane starts nothing; that of a run starts lanes and, for many of them, itself', () => {
    expect(actionsOf(may('lane')).filter((action) => action.startsWith('states:'))).toEqual([]);
    const started = may('run').filter(({ actions }) => actions.includes('states:StartExecution'));
    const { lane, run } = pyramid.machines;
    expect(started.flatMap(({ resources }) => resources)).toEqual(
      expect.arrayContaining([{ Ref: logicalId(lane) }, { Ref: logicalId(run) }]),
    );
  });
});

describe('what may be called from outside', () => {
  it('is reconcile, by the rule of this stack, and api, by its API', () => {
    const permissions = resourcesOf(template, 'AWS::Lambda::Permission').map(
      ([, { Properties }]) => Properties,
    );
    const [[rule]] = resourcesOf(template, 'AWS::Events::Rule') as [[string, unknown]];
    const [events, ...others] = permissions;
    const name = { 'Fn::GetAtt': [logicalId(pyramid.functions.api), 'Arn'] };
    expect(others.length).toBeGreaterThan(0);
    for (const { Principal, FunctionName, SourceArn } of others) {
      expect([Principal, FunctionName]).toEqual(['apigateway.amazonaws.com', name]);
      expect(JSON.stringify(SourceArn)).toContain(logicalId(pyramid.api.http));
    }
    expect([events]).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': [logicalId(pyramid.functions.reconcile), 'Arn'] },
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': [rule, 'Arn'] },
      },
    ]);
  });
});
