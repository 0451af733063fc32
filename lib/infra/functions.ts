import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  DockerImageCode,
  DockerImageFunction,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge';
import { bundleFolder, bundlesFolder } from './bundles';
import { FUNCTION_NAMES, FUNCTIONS, type FunctionName, NODE_OPTIONS } from './function-table';
import type { Settings } from './settings';

/** What a function is given. Omitted: as `FUNCTIONS` says. */
export interface FunctionSize {
  /** 128 to 10,240. Processors come with it: one core is 1,769. */
  readonly memoryMB?: number;
  /** Size of /tmp, 512 to 10,240. */
  readonly storageMB?: number;
  /** Calls that can go on at once, taken off what the account has. */
  readonly reservedConcurrency?: number;
}

export type FunctionsProps = Pick<
  Settings,
  'functions' | 'architecture' | 'gateImage' | 'sizes' | 'logRetention' | 'logLevel'
>;

/** The functions, each with a role of its own that so far allows its logs and traces only. */
export class Functions extends Construct {
  readonly all: Readonly<Record<FunctionName, LambdaFunction>>;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const made = FUNCTION_NAMES.map((name) => [name, this.make(name, props)]);
    this.all = Object.fromEntries(made) as Record<FunctionName, LambdaFunction>;
  }

  private make(name: FunctionName, props: FunctionsProps): LambdaFunction {
    const { description, git, timeoutSeconds, memoryMB, storageMB } = FUNCTIONS[name];
    const size = props.sizes[name] ?? {};
    const id = `${name[0]!.toUpperCase()}${name.slice(1)}`;
    const logGroup = new LogGroup(this, `${id}Logs`, {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `lex-pr, ${name}: ${description}`,
    });
    logGroup.grantWrite(role);
    const common = {
      description: `lex-pr: ${description}`,
      architecture: props.architecture,
      timeout: Duration.seconds(timeoutSeconds),
      memorySize: size.memoryMB ?? memoryMB,
      ephemeralStorageSize: Size.mebibytes(size.storageMB ?? storageMB),
      ...(size.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: size.reservedConcurrency,
      }),
      environment: { NODE_OPTIONS, LEX_PR_LOG_LEVEL: props.logLevel },
      tracing: Tracing.ACTIVE,
      // Runs that go on call the version that they began with.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      role,
      logGroup,
    };
    const made =
      git && props.functions === 'image'
        ? new DockerImageFunction(this, id, { ...common, code: imageOf(name, props) })
        : new LambdaFunction(this, id, {
            ...common,
            runtime: Runtime.NODEJS_24_X,
            handler: 'index.handler',
            code: Code.fromAsset(bundleFolder(name)),
          });
    acknowledgeWildcard(role, '*', 'X-Ray takes traces for no resource in particular.');
    return made;
  }
}

/** An image of the function; nothing is built before it is deployed. */
function imageOf(name: FunctionName, { gateImage, architecture }: FunctionsProps): DockerImageCode {
  if (name === 'gate' && gateImage) return gateImage;
  bundleFolder(name);
  const others = FUNCTION_NAMES.filter((other) => other !== name);
  return DockerImageCode.fromImageAsset(bundlesFolder(), {
    buildArgs: { FUNCTION: name },
    platform: architecture === Architecture.ARM_64 ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
    exclude: others,
  });
}
