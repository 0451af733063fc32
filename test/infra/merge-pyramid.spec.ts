import { App, Duration, Stack } from 'aws-cdk-lib';
import { MergePyramid } from '../../lib/infra';
import { deployedDefinition, logicalId, synth, synthesise, testApp } from './stack';

const { template, pyramid, resource, manifest } = synthesise();

it('the outputs have the names that the command line looks for', () => {
  const { functions, storage, machines, api, checks, recovery } = pyramid;
  const ref = (construct: Parameters<typeof logicalId>[0]) => ({ Value: { Ref: logicalId(construct) } });
  expect(template.Outputs).toEqual({
    ControlFunctionName: ref(functions.control),
    BucketName: ref(storage.bucket),
    RunTableName: ref(storage.runTable),
    CacheTableName: ref(storage.cacheTable),
    RunMachineArn: ref(machines.run),
    DeadLettersUrl: ref(recovery.deadLetters),
    CheckBusName: ref(checks.bus),
    ApiUrl: { Value: { 'Fn::GetAtt': [logicalId(api.http), 'ApiEndpoint'] } },
  });
});

it('needs no account and no region', () => {
  expect(manifest.artifacts.LexPr.environment).toBe('aws://unknown-account/unknown-region');
  const literal = JSON.stringify(template.Resources).match(/arn:aws:|\b\d{12}\b|\b[a-z]{2}-[a-z]+-\d\b/g);
  expect(literal).toBeNull();
});

it('what it is told reaches the machines', () => {
  const small = synthesise(() => ({ maxWorkers: 7, runTimeout: Duration.hours(2), rotateAfterEvents: 500 }));
  const { lane, run } = small.pyramid.machines;
  const definition = deployedDefinition(small.resource(run));
  expect(definition.TimeoutSeconds).toBe(7_200);
  expect(definition.States.ManyLanes!.MaxConcurrency).toBe(7);
  expect(JSON.stringify(deployedDefinition(small.resource(lane)))).toContain('$events >= 500');
  const { Variables } = small.resource(small.pyramid.functions.prepare).Properties.Environment;
  expect(Variables.MAX_WORKERS).toBe('7');
  expect(resource(pyramid.functions.prepare).Properties.Environment.Variables.MAX_WORKERS).toBe('200');
});

describe("in somebody else's app", () => {
  it('is a construct of a stack like any other, without the context of this app', () => {
    const app = new App({ context: { 'aws:cdk:disable-asset-staging': true }, outdir: testApp().outdir });
    const stack = new Stack(app, 'Theirs', { env: { account: '123456789012', region: 'eu-central-1' } });
    const made = new MergePyramid(stack, 'Merging');
    const theirs = synth(app, stack).template;
    const types = (resources: typeof template.Resources) =>
      Object.values(resources)
        .map(({ Type }) => Type)
        .sort();
    expect(types(theirs.Resources)).toEqual(types(template.Resources));
    expect(theirs.Outputs.ControlFunctionName).toEqual({ Value: { Ref: logicalId(made.functions.control) } });
  });

  it('can be two in two stacks of one app', () => {
    const app = testApp();
    const stacks = ['A', 'B'].map((id) => new Stack(app, id));
    for (const stack of stacks) new MergePyramid(stack, 'Merging');
    expect(Object.keys(synth(app, stacks[0]!).manifest.artifacts)).toEqual(
      expect.arrayContaining(['A', 'B']),
    );
  });
});
