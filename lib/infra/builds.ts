import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import { CfnProject, type ComputeType } from 'aws-cdk-lib/aws-codebuild';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge';
import type { Settings } from './settings';

export interface BuildsProps extends Pick<Settings, 'architecture' | 'builds'> {
  readonly bucket: Bucket;
}

/** How gates in containers are run. */
export interface BuildSettings {
  /** Processors, memory and disk of a build. @default ComputeType.SMALL */
  readonly computeType?: ComputeType;
  /** Private repositories that images of gates may come from. @default none: public images only */
  readonly repositories?: readonly IRepository[];
}

/** What a build is made in where nobody says so; every build of ours does. */
const NO_IMAGE = {
  ARM_CONTAINER: 'aws/codebuild/amazonlinux-aarch64-standard:3.0',
  LINUX_CONTAINER: 'aws/codebuild/amazonlinux-x86_64-standard:5.0',
} as const;

/**
 * The CodeBuild project of gates in containers; each build brings its own image, sources and time limit. Gate code
 * can read the credentials of its build, so these reach what builds need and no more: sources can be read, and files
 * of builds written, by who knows their names, which nobody can list.
 */
export class Builds extends Construct {
  readonly project: CfnProject;
  readonly role: Role;

  constructor(scope: Construct, id: string, { bucket, architecture, builds }: BuildsProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codebuild.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      description: 'lex-pr: gates in containers',
    });
    const sources = bucket.arnForObjects('runs/*/sources/*');
    const files = bucket.arnForObjects('runs/*/builds/*');
    const statements: [string[], string][] = [
      [['s3:GetObject', 's3:GetObjectVersion'], sources],
      [['s3:PutObject'], files],
      [['s3:GetBucketAcl', 's3:GetBucketLocation'], bucket.bucketArn],
    ];
    for (const [actions, resource] of statements)
      this.role.addToPolicy(new PolicyStatement({ actions, resources: [resource] }));
    for (const resource of [sources, files])
      acknowledgeWildcard(this.role, resource, 'Files of runs, whose names are not known before.');
    for (const repository of builds.repositories ?? []) repository.grantPull(this.role);
    if (builds.repositories?.length)
      acknowledgeWildcard(this.role, '*', 'A login to a registry has no resource.');

    const type = architecture === Architecture.ARM_64 ? 'ARM_CONTAINER' : 'LINUX_CONTAINER';
    this.project = new CfnProject(this, 'Project', {
      description: 'lex-pr: runs gates in containers',
      serviceRole: this.role.roleArn,
      environment: {
        type,
        computeType: builds.computeType ?? 'BUILD_GENERAL1_SMALL',
        image: NO_IMAGE[type],
        imagePullCredentialsType: 'CODEBUILD',
        privilegedMode: false,
      },
      source: {
        type: 'NO_SOURCE',
        buildSpec: JSON.stringify({ version: 0.2, phases: { build: { commands: ['exit 1'] } } }),
      },
      artifacts: { type: 'NO_ARTIFACTS' },
      logsConfig: { cloudWatchLogs: { status: 'DISABLED' }, s3Logs: { status: 'DISABLED' } },
      encryptionKey: stack.formatArn({
        service: 'kms',
        resource: 'alias',
        resourceName: 'aws/s3',
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
      visibility: 'PRIVATE',
    });
  }

  get projectArn(): string {
    return this.project.attrArn;
  }
}
