import type { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { MergePyramidProps } from '../../lib/infra/props';
import { acknowledgements, allFindings, openFindings } from './nag';
import { synthesise } from './stack';

const access = (stack: Stack): MergePyramidProps => ({
  repositoryAccess: {
    secret: Secret.fromSecretCompleteArn(
      stack,
      'Secret',
      'arn:aws:secretsmanager:eu-central-1:123456789012:secret:token-AbCdEf',
    ),
    repositories: 'https://git.example/ours/',
  },
});

describe.each<[string, (stack: Stack) => MergePyramidProps]>([
  ['of images', () => ({ functions: 'image' })],
  ['of images, with access to repositories', (stack) => ({ functions: 'image', ...access(stack) })],
  ['of zips', () => ({ functions: 'zip' })],
  ['of zips, with access to repositories', (stack) => ({ functions: 'zip', ...access(stack) })],
  ['whose API takes tokens', () => ({ jwt: { issuer: 'https://login.example/', audience: ['ci'] } })],
  [
    'with a bucket for access logs',
    (stack) => ({ accessLogsBucket: Bucket.fromBucketName(stack, 'Logs', 'logs') }),
  ],
])('AwsSolutions, for a stack %s', (_, props) => {
  const { stack } = synthesise(props);
  const findings = allFindings(stack);

  it('finds nothing that is not acknowledged, warnings included', () => {
    expect(findings.length).toBeGreaterThan(0);
    expect(openFindings(stack)).toEqual([]);
  });

  it('finds everything that is acknowledged, and each has a reason', () => {
    for (const { rule, path, reason } of acknowledgements(stack)) {
      expect(reason).toMatch(/^[A-Z].{20,}\.$/);
      const found = findings.filter(
        (finding) => finding.rule === rule && finding.path.startsWith(`${path}/`),
      );
      expect([rule, path, found.length > 0]).toEqual([rule, path, true]);
    }
  });
});

it('a wildcard that is added is found', () => {
  const { stack, pyramid } = synthesise();
  const statement = { effect: Effect.ALLOW, actions: ['s3:*'], resources: ['arn:aws:s3:::*'] };
  pyramid.functions.gate.addToRolePolicy(new PolicyStatement(statement));
  expect(openFindings(stack).map(({ rule }) => rule)).toEqual(
    expect.arrayContaining([
      'AwsSolutions-IAM5[Action::s3:*]',
      'AwsSolutions-IAM5[Resource::arn:aws:s3:::*]',
    ]),
  );
});
