import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Architecture, DockerImageCode } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { FUNCTION_NAMES, FUNCTIONS, type FunctionName } from '../../lib/infra/function-table';
import { resourcesOf, type Synthesised, synthesise } from './stack';

const images = synthesise();
const zips = synthesise(() => ({
  functions: 'zip',
  architecture: Architecture.X86_64,
  logRetention: RetentionDays.ONE_WEEK,
  sizes: {
    gate: { memoryMB: 10_240, storageMB: 8_192, reservedConcurrency: 100 },
    queue: { memoryMB: 128 },
  },
}));
const of = ({ pyramid, resource }: Synthesised, name: FunctionName) =>
  resource(pyramid.functions[name]).Properties;

it('the table names handlers that there are', () => {
  const handlers = readdirSync(join(__dirname, '../../lambdas')).map((file) => basename(file, '.ts'));
  expect(handlers).toEqual(expect.arrayContaining(FUNCTION_NAMES));
});

describe.each(FUNCTION_NAMES)('%s', (name) => {
  const { timeoutSeconds, memoryMB, storageMB, git } = FUNCTIONS[name];

  it('is what its row of the table says, on arm64, traced', () => {
    expect(of(images, name)).toMatchObject({
      Timeout: timeoutSeconds,
      MemorySize: memoryMB,
      EphemeralStorage: { Size: storageMB },
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
    });
  });

  it('runs on Node.js 24, or in an image where it starts git', () => {
    const zip = { Runtime: 'nodejs24.x', Handler: 'index.handler' };
    if (git) expect(of(images, name)).toMatchObject({ PackageType: 'Image' });
    else expect(of(images, name)).toMatchObject(zip);
    expect(of(zips, name)).toMatchObject({ ...zip, Architectures: ['x86_64'] });
  });

  it('writes to a log of its own, which is not kept for good', () => {
    const retention = (made: Synthesised) =>
      made.template.Resources[of(made, name).LoggingConfig.LogGroup.Ref]!.Properties.RetentionInDays;
    expect([retention(images), retention(zips)]).toEqual([30, 7]);
  });
});

it('no log whatever is kept for good', () => {
  const groups = resourcesOf(images.template, 'AWS::Logs::LogGroup');
  // Those of both machines, and the accesses to the API.
  expect(groups).toHaveLength(FUNCTION_NAMES.length + 3);
  for (const [, { Properties }] of groups) expect(Properties.RetentionInDays).toBe(30);
});

it('a size that is given holds for its function, the rest as it was', () => {
  const { memoryMB, storageMB } = FUNCTIONS.queue;
  expect(memoryMB).not.toBe(128);
  expect(of(zips, 'queue')).toMatchObject({ MemorySize: 128, EphemeralStorage: { Size: storageMB } });
  const gate = { MemorySize: 10_240, EphemeralStorage: { Size: 8_192 }, ReservedConcurrentExecutions: 100 };
  expect(of(zips, 'gate')).toMatchObject(gate);
  expect(of(images, 'gate').ReservedConcurrentExecutions).toBeUndefined();
});

describe('the images', () => {
  const built = (made: Synthesised) =>
    Object.values(made.assets.dockerImages).map(({ source }) => [
      source.dockerBuildArgs?.FUNCTION,
      source.platform,
    ]);

  it('are one for each function that starts git, for its architecture', () => {
    const platform = 'linux/arm64';
    expect(built(images).sort()).toEqual([
      ['gate', platform],
      ['merge', platform],
      ['prepare', platform],
    ]);
    const x86 = synthesise(() => ({ architecture: Architecture.X86_64 }));
    expect(new Set(built(x86).map(([, platform]) => platform))).toEqual(new Set(['linux/amd64']));
    expect(built(zips)).toEqual([]);
  });

  it('are all but that of gates where the gates have one of their own', () => {
    const own = synthesise((stack) => ({
      gateImage: DockerImageCode.fromEcr(Repository.fromRepositoryName(stack, 'Tools', 'tools'), {
        tagOrDigest: `sha256:${'0'.repeat(64)}`,
      }),
    }));
    expect(
      built(own)
        .map(([name]) => name)
        .sort(),
    ).toEqual(['merge', 'prepare']);
    expect(JSON.stringify(of(own, 'gate').Code.ImageUri)).toContain(`/tools@sha256:${'0'.repeat(64)}`);
    const toolchain = (made: Synthesised) => of(made, 'next').Environment.Variables.TOOLCHAIN;
    // What gates came to in one image says nothing about another.
    expect(toolchain(own)).not.toBe(toolchain(images));
    expect(toolchain(own)).toBe(of(own, 'prepare').Environment.Variables.TOOLCHAIN);
  });
});

it('passes of others are believed by who keeps passes, where the stack is told so', () => {
  const believing = synthesise(() => ({ believeSharedPasses: true }));
  const said = (made: Synthesised) => of(made, 'next').Environment.Variables.BELIEVE_SHARED_PASSES;
  expect([said(images), said(believing)]).toEqual([undefined, 'yes']);
});

describe('the versions of functions', () => {
  const { Resources } = images.template;
  const called = resourcesOf(images.template, 'AWS::StepFunctions::StateMachine').flatMap(
    ([, { Properties }]) =>
      Object.entries<{ Ref?: string }>(Properties.DefinitionSubstitutions)
        .filter(([name]) => name.endsWith('Function'))
        .map(([, { Ref }]) => Resources[Ref!]!),
  );

  it('are what state machines call, so that a run ends with the code that it began with', () => {
    expect(called.length).toBeGreaterThan(5);
    expect(new Set(called.map(({ Type }) => Type))).toEqual(new Set(['AWS::Lambda::Version']));
  });

  it('stay when there are newer ones', () => {
    for (const { DeletionPolicy } of called) expect(DeletionPolicy).toBe('Retain');
  });
});
