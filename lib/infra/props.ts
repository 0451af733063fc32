import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Architecture, DockerImageCode } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { LogLevel } from '../telemetry/logger';
import type { BuildSettings } from './builds';
import type { FunctionName } from './function-table';
import type { FunctionSize } from './functions';
import type { ScheduleProps } from './schedule-props';

/** A secret, and what it opens. */
export interface RepositoryAccess {
  /** A token, or JSON `{"username", "token"}`. */
  readonly secret: ISecret;
  /** Repositories whose URL begins with this get it, no other: `https://github.com/organisation/`. */
  readonly repositories: string;
}

/** Whose tokens the API takes (OpenID Connect). */
export interface JwtIssuer {
  /** As in the `iss` of the tokens: `https://…`. */
  readonly issuer: string;
  /** A token is for one of these. */
  readonly audience: readonly string[];
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
   * The image in which gates run, with the tools that they need: docs/deploy.md says how to make one. Results are
   * remembered for the image as it is named here, so name one of a registry by its digest.
   * @default Amazon Linux 2023 with Node.js 24, git, make, tar and the like
   */
  readonly gateImage?: DockerImageCode;

  /** Gates with `runtime: container`, which CodeBuild runs; their images have to be for `architecture`. */
  readonly builds?: BuildSettings;

  /**
   * The access to repositories; `prepare` and `merge` can read the secret, nothing else can.
   * @default none: repositories are read and written without credentials
   */
  readonly repositoryAccess?: RepositoryAccess;

  /**
   * Who may use the HTTP API: with it who has a token of this issuer, instead of who signs for AWS. A token allows
   * everything, so give tokens for the audience to nobody else.
   * @default IAM: `execute-api:Invoke` on the API, requests signed with SigV4
   */
  readonly jwt?: JwtIssuer;

  /**
   * Whether a gate counts as passed when a machine outside of the stack says so that may write into its table, and
   * was told to (`--share-passes`): of gates in images named by their digest only. docs/safety.md says whom you trust then.
   * @default false
   */
  readonly believeSharedPasses?: boolean;

  /**
   * Lanes that a run can have at most, 1 to 2,000; a plan that asks for more gets this many.
   * @default 200
   */
  readonly maxWorkers?: number;

  /**
   * How long a run can take at most, waiting for its target included, before it is resumed; up to 30 days.
   * @default Duration.days(7), or a quarter of `retention` where that is less
   */
  readonly runTimeout?: Duration;

  /**
   * How long runs, their files and remembered results are kept; whole days, and at least four times `runTimeout`.
   * @default Duration.days(30), or four times `runTimeout` where that is more
   */
  readonly retention?: Duration;

  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;

  /**
   * What the functions log: this and what is more urgent (docs/monitoring.md).
   * @default 'info'
   */
  readonly logLevel?: LogLevel;

  /**
   * Runs that start by themselves, and land unless they say `execute: false`.
   * @default none
   */
  readonly schedules?: readonly ScheduleProps[];

  /** Memory, /tmp and concurrency by function. @default what docs/deploy.md lists */
  readonly sizes?: Readonly<Partial<Record<FunctionName, FunctionSize>>>;

  /**
   * What becomes of tables and bucket when they leave the stack. With DESTROY the bucket is emptied first.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;

  /** Who is told when an alarm goes off, and when all is well again. @default nobody: the alarms are there to be looked at */
  readonly alarmTopic?: ITopic;

  /**
   * Where your runbook is: alarms link to its sections, `#stuck-run` and the like, which are those of
   * docs/operations.md. @default 'docs/operations.md'
   */
  readonly runbook?: string;

  /**
   * How long nothing may happen to a run before an alarm goes off. Longer than the longest gate.
   * @default Duration.hours(1)
   */
  readonly stuckAfter?: Duration;

  /** Where accesses to the bucket are logged. @default nowhere */
  readonly accessLogsBucket?: IBucket;

  /**
   * Events of its history after which a lane goes on in a new execution. Only tests need another number.
   * @default 20000
   */
  readonly rotateAfterEvents?: number;
}
