import { ComputeType } from 'aws-cdk-lib/aws-codebuild';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { actionsOf, statementsOf } from './policies';
import { logicalId, resourcesOf, type Synthesised, synthesise } from './stack';

const made = synthesise();
const other = synthesise((stack) => ({
  architecture: Architecture.X86_64,
  builds: {
    computeType: ComputeType.LARGE,
    repositories: [Repository.fromRepositoryName(stack, 'Images', 'images')],
  },
}));
const projectOf = ({ template }: Synthesised) =>
  resourcesOf(template, 'AWS::CodeBuild::Project')[0]![1].Properties;
const mayOf = ({ template, pyramid }: Synthesised) => statementsOf(template, logicalId(pyramid.builds.role));

describe('the project of builds', () => {
  it('is the only one; it is for the processor of functions, and of the size that is asked for', () => {
    expect(resourcesOf(made.template, 'AWS::CodeBuild::Project')).toHaveLength(1);
    expect(projectOf(made).Environment).toMatchObject({
      Type: 'ARM_CONTAINER',
      ComputeType: 'BUILD_GENERAL1_SMALL',
    });
    expect(projectOf(other).Environment).toMatchObject({
      Type: 'LINUX_CONTAINER',
      ComputeType: 'BUILD_GENERAL1_LARGE',
    });
  });

  it('is not privileged, in no network of ours, and has nothing of its own to build, store or log', () => {
    for (const { Environment, Source, Artifacts, LogsConfig, ...rest } of [
      projectOf(made),
      projectOf(other),
    ]) {
      expect(Environment.PrivilegedMode).toBe(false);
      expect(Environment).not.toHaveProperty('EnvironmentVariables');
      expect(rest).not.toHaveProperty('VpcConfig');
      expect([Source.Type, Artifacts.Type]).toEqual(['NO_SOURCE', 'NO_ARTIFACTS']);
      expect(LogsConfig).toEqual({
        CloudWatchLogs: { Status: 'DISABLED' },
        S3Logs: { Status: 'DISABLED' },
      });
      expect(rest.Visibility).toBe('PRIVATE');
    }
  });
});

describe('the role of builds, which gate code can use', () => {
  const bucket = (path: string) => ({
    'Fn::Join': ['', [{ 'Fn::GetAtt': [logicalId(made.pyramid.storage.bucket), 'Arn'] }, path]],
  });

  it('reads sources, writes files of builds, lists nothing, and does nothing else', () => {
    expect(mayOf(made).map(({ actions, resources }) => [actions, resources])).toEqual([
      [['s3:GetObject', 's3:GetObjectVersion'], [bucket('/runs/*/sources/*')]],
      [['s3:PutObject'], [bucket('/runs/*/builds/*')]],
      [
        ['s3:GetBucketAcl', 's3:GetBucketLocation'],
        [{ 'Fn::GetAtt': [logicalId(made.pyramid.storage.bucket), 'Arn'] }],
      ],
    ]);
  });

  it('pulls images from the repositories that are named', () => {
    const pulls = [
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchGetImage',
      'ecr:GetAuthorizationToken',
      'ecr:GetDownloadUrlForLayer',
    ];
    expect(actionsOf(mayOf(other)).filter((action) => action.startsWith('ecr:'))).toEqual(pulls);
    expect(actionsOf(mayOf(made)).filter((action) => action.startsWith('ecr:'))).toEqual([]);
  });

  it('is taken by CodeBuild for this account alone', () => {
    const [statement, ...others] = made.resource(made.pyramid.builds.role).Properties.AssumeRolePolicyDocument
      .Statement;
    expect(others).toEqual([]);
    expect(statement).toMatchObject({
      Principal: { Service: 'codebuild.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
  });
});

it('lanes start, look at and stop builds of this project, and nobody else does', () => {
  const { template, pyramid } = made;
  const [[project]] = resourcesOf(template, 'AWS::CodeBuild::Project') as [[string, unknown]];
  const arn = { 'Fn::GetAtt': [project, 'Arn'] };
  const builders = resourcesOf(template, 'AWS::IAM::Role').flatMap(([role]) =>
    statementsOf(template, role)
      .filter(({ actions }) => actions.some((action) => action.startsWith('codebuild:')))
      .map(({ actions, resources }) => [role, actions, resources]),
  );
  expect(builders).toEqual([
    [
      logicalId(pyramid.machines.lane.role),
      ['codebuild:BatchGetBuilds', 'codebuild:StartBuild', 'codebuild:StopBuild'],
      [arn],
    ],
  ]);
});

it('control and api end executions of lanes, and no others', () => {
  const { template, pyramid } = made;
  for (const name of ['control', 'api'] as const) {
    const found = statementsOf(template, logicalId(pyramid.functions[name].role!)).filter(({ actions }) =>
      actions.includes('states:StopExecution'),
    );
    expect(found).toHaveLength(1);
    const resources = JSON.stringify(found[0]!.resources);
    expect(resources).toContain(logicalId(pyramid.machines.lane));
    expect(resources).not.toContain(logicalId(pyramid.machines.run));
  }
});
