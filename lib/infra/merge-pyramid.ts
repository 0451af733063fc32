import { CfnOutput, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Architecture, type DockerImageCode, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { FunctionName } from './function-table';
import { type FunctionSize, Functions } from './functions';
import { grantAll } from './grants';
import { ROTATE_AFTER } from './lane-machine';
import { Machines } from './machines';
import { Recovery } from './recovery';
import { MAX_LANES } from './run-machine';
import { Storage } from './storage';

/** A secret, and what it opens. */
export interface RepositoryAccess {
  /** A token, or JSON `{"username", "token"}`. */
  readonly secret: ISecret;
  /** Repositories whose URL begins with this get it, no other: `https://github.com/organisation/`. */
  readonly repositories: string;
}

export interface MergePyramidProps {
  /**
   * What `prepare`, `gate` and `merge` are: container images with git, or zips for where a git is on the path of
   * the functions already (emulators, a layer). The other functions need no git and are zips always.
   * @default 'image'
   */
  readonly functions?: 'image' | 'zip';

  /** @default Architecture.ARM_64 */
  readonly architecture?: Architecture;

  /**
   * The image in which gates run, with the tools that they need: docs/deploy.md says how to make one.
   * @default Amazon Linux 2023 with Node.js 24, git, make, tar and the like
   */
  readonly gateImage?: DockerImageCode;

  /**
   * The access to repositories; `prepare` and `merge` can read the secret, nothing else can.
   * @default none: repositories are read and written without credentials
   */
  readonly repositoryAccess?: RepositoryAccess;

  /**
   * Lanes that a run can have at most, 1 to 2,000; a plan that asks for more gets this many.
   * @default 200
   */
  readonly maxWorkers?: number;

  /**
   * How long a run can take at most, waiting for its target included; up to 30 days.
   * @default Duration.days(7)
   */
  readonly runTimeout?: Duration;

  /**
   * How long runs, their files and remembered results are kept; whole days.
   * @default Duration.days(30)
   */
  readonly retention?: Duration;

  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;

  /** Memory, /tmp and concurrency by function. @default what docs/deploy.md lists */
  readonly sizes?: Readonly<Partial<Record<FunctionName, FunctionSize>>>;

  /**
   * What becomes of tables and bucket when they leave the stack. With DESTROY the bucket is emptied first.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;

  /** Where accesses to the bucket are logged. @default nowhere */
  readonly accessLogsBucket?: IBucket;

  /**
   * Events of its history after which a lane goes on in a new execution. Only tests need another number.
   * @default 20000
   */
  readonly rotateAfterEvents?: number;
}

/**
 * The AWS engine: submits, runs and reports merge pyramids.
 *
 * Its outputs have the names that `lex-pr --engine aws --stack NAME` looks for, so a stack can hold one of it.
 */
export class MergePyramid extends Construct {
  readonly functions: Readonly<Record<FunctionName, LambdaFunction>>;
  readonly storage: Storage;
  readonly machines: Machines;
  readonly recovery: Recovery;

  /** @throws Error for numbers out of range, and when the functions have not been built */
  constructor(scope: Construct, id: string, props: MergePyramidProps = {}) {
    super(scope, id);
    const maxWorkers = within('maxWorkers', props.maxWorkers ?? 200, 1, MAX_LANES);
    const retention = props.retention ?? Duration.days(30);
    const retentionDays = within('days of retention', retention.toDays(), 1, 3_650);
    const runTimeout = props.runTimeout ?? Duration.days(7);
    const rotateAfterEvents = props.rotateAfterEvents ?? ROTATE_AFTER;
    const packaging = props.functions ?? 'image';
    if (props.gateImage && packaging === 'zip')
      throw new Error("gateImage goes with functions: 'image' only");
    const logRetention = props.logRetention ?? RetentionDays.ONE_MONTH;

    this.storage = new Storage(this, 'Storage', {
      retention,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      accessLogsBucket: props.accessLogsBucket,
    });
    this.functions = new Functions(this, 'Functions', {
      packaging,
      architecture: props.architecture ?? Architecture.ARM_64,
      gateImage: props.gateImage,
      sizes: props.sizes ?? {},
      logRetention,
    }).all;
    this.machines = new Machines(this, 'Machines', {
      functions: this.functions,
      maxWorkers,
      runTimeoutSeconds: within('seconds of runTimeout', runTimeout.toSeconds(), 60, 30 * 86_400),
      rotateAfterEvents: within('rotateAfterEvents', rotateAfterEvents, 1, ROTATE_AFTER),
      logRetention,
    });
    this.recovery = new Recovery(this, 'Recovery', this.machines.run, this.functions.reconcile);
    grantAll({
      functions: this.functions,
      storage: this.storage,
      runMachine: this.machines.run,
      access: props.repositoryAccess,
      toolchain: this.gateToolchain(packaging, props),
      retentionDays,
      maxWorkers,
    });
    this.output('ControlFunctionName', this.functions.control.functionName);
    this.output('BucketName', this.storage.bucket.bucketName);
    this.output('RunTableName', this.storage.runTable.tableName);
    this.output('CacheTableName', this.storage.cacheTable.tableName);
    this.output('RunMachineArn', this.machines.run.stateMachineArn);
  }

  /** Changes with the image or the bundle that gates run in. */
  private gateToolchain(packaging: string, { architecture }: MergePyramidProps): string {
    const { node } = this.functions.gate;
    const asset = node
      .findAll()
      .find((child): child is Construct & { assetHash: string } => 'assetHash' in child);
    return JSON.stringify([
      packaging,
      (architecture ?? Architecture.ARM_64).name,
      asset?.assetHash ?? node.addr,
    ]);
  }

  private output(name: string, value: string): void {
    new CfnOutput(this, name, { value }).overrideLogicalId(name);
  }
}

function within(what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${what}: ${value} is not a whole number from ${least} to ${most}`);
}
