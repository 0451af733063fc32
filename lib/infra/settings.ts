import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { MAX_RECOVERIES } from '../engine/aws/recoveries';
import { repositoryUrl } from '../engine/aws/repository-url';
import { InputError, type Problem } from '../errors';
import { formatPath } from '../plan/field-path';
import { LOG_LEVELS } from '../telemetry/logger';
import { FUNCTIONS } from './function-table';
import { ROTATE_AFTER } from './lane-machine';
import type { JwtIssuer, MergePyramidProps } from './props';
import { MAX_LANES } from './run-machine';
import { checkSchedules, parseSchedules, type Schedule, storedPlanProblems } from './schedule-settings';

/** Properties with their defaults; those without one may be undefined. */
export type Settings = Required<Omit<MergePyramidProps, Optional | 'schedules'>> & {
  readonly [P in Optional]: MergePyramidProps[P] | undefined;
} & { readonly schedules: readonly Schedule[] };
type Optional = 'gateImage' | 'repositoryAccess' | 'jwt' | 'alarmTopic' | 'accessLogsBucket';

/** Whole numbers from … to …. */
export const RANGES = {
  maxWorkers: [1, MAX_LANES],
  retentionDays: [1, 3_650],
  runTimeoutSeconds: [60, 30 * 86_400],
  /** A lane that waits looks up every quarter of an hour. */
  stuckAfterSeconds: [900, 7 * 86_400],
  /** A lane needs a few events before it does anything. */
  rotateAfterEvents: [100, ROTATE_AFTER],
  memoryMB: [128, 10_240],
  storageMB: [512, 10_240],
  reservedConcurrency: [0, 100_000],
} as const satisfies Record<string, readonly [number, number]>;

/** A run may be resumed so often, each time for as long again, and its rows must not expire before it has ended. */
const TIMES = 1 + MAX_RECOVERIES;

function timesOf({ runTimeout, retention }: MergePyramidProps): Pick<Settings, 'runTimeout' | 'retention'> {
  const days = (duration: Duration) => duration.toDays({ integral: false });
  const short =
    retention && days(retention) < TIMES * 7 ? Math.max(1, Math.floor(days(retention))) : undefined;
  return {
    runTimeout: runTimeout ?? (short ? Duration.hours((24 * short) / TIMES) : Duration.days(7)),
    retention:
      retention ?? Duration.days(Math.max(30, Math.ceil(TIMES * days(runTimeout ?? Duration.days(7))))),
  };
}

/**
 * What the properties come to, with the defaults that `MergePyramidProps` documents.
 * @throws InputError with everything that is wrong with them
 */
export function settingsOf(props: MergePyramidProps): Settings {
  // What is undefined counts as left out.
  const schedules = JSON.parse(JSON.stringify(props.schedules ?? []));
  const faults = [...scheduleFaults(schedules)];
  const settings: Settings = {
    schedules: faults.length === 0 ? parseSchedules(schedules) : [],
    functions: props.functions ?? 'image',
    architecture: props.architecture ?? Architecture.ARM_64,
    gateImage: props.gateImage,
    builds: props.builds ?? {},
    repositoryAccess: props.repositoryAccess,
    jwt: props.jwt,
    believeSharedPasses: props.believeSharedPasses ?? false,
    maxWorkers: props.maxWorkers ?? 200,
    ...timesOf(props),
    logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    logLevel: props.logLevel ?? 'info',
    sizes: props.sizes ?? {},
    removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    alarmTopic: props.alarmTopic,
    runbook: props.runbook ?? 'docs/operations.md',
    stuckAfter: props.stuckAfter ?? Duration.hours(1),
    accessLogsBucket: props.accessLogsBucket,
    rotateAfterEvents: props.rotateAfterEvents ?? ROTATE_AFTER,
  };
  const problems = [...problemsOf(settings), ...faults, ...storedPlanProblems(settings.schedules)];
  if (problems.length > 0) throw new InputError(problems);
  return settings;
}

function* problemsOf(settings: Settings): Generator<Problem> {
  const { maxWorkers, retention, runTimeout, rotateAfterEvents, sizes, repositoryAccess, jwt, stuckAfter } =
    settings;
  const { logLevel } = settings;
  if (!LOG_LEVELS.includes(logLevel))
    yield problem(`logLevel: ${JSON.stringify(logLevel)} is none`, `they are ${LOG_LEVELS.join(', ')}`);
  yield* within('maxWorkers', maxWorkers, RANGES.maxWorkers);
  yield* within('days of retention', retention.toDays({ integral: false }), RANGES.retentionDays);
  yield* within('seconds of runTimeout', runTimeout.toSeconds({ integral: false }), RANGES.runTimeoutSeconds);
  const keptSeconds = retention.toSeconds({ integral: false });
  if (keptSeconds >= 86_400 && keptSeconds < TIMES * runTimeout.toSeconds({ integral: false }))
    yield problem(
      `retention: a run of ${runTimeout.toHumanString()}, resumed ${MAX_RECOVERIES} times, is kept too short with ${retention.toHumanString()}`,
      `retention has to be at least ${TIMES} times runTimeout`,
    );
  yield* within('seconds of stuckAfter', stuckAfter.toSeconds({ integral: false }), RANGES.stuckAfterSeconds);
  yield* within('rotateAfterEvents', rotateAfterEvents, RANGES.rotateAfterEvents);
  for (const [name, size] of Object.entries(sizes)) {
    if (!(name in FUNCTIONS))
      yield problem(`sizes: there is no function ${name}`, `they are ${Object.keys(FUNCTIONS).join(', ')}`);
    for (const key of ['memoryMB', 'storageMB', 'reservedConcurrency'] as const)
      if (size[key] !== undefined) yield* within(`sizes.${name}.${key}`, size[key], RANGES[key]);
  }
  if (settings.gateImage && settings.functions === 'zip')
    yield problem("gateImage goes with functions: 'image' only", 'leave one of them out');
  if (repositoryAccess) yield* scopeProblems(repositoryAccess.repositories);
  if (jwt) yield* jwtProblems(jwt);
}

function* scheduleFaults(schedules: unknown): Generator<Problem> {
  for (const { path, message, hint } of checkSchedules(schedules))
    yield problem(`${formatPath(['schedules', ...path])}: ${message}`, hint);
}

function* jwtProblems({ issuer, audience }: JwtIssuer): Generator<Problem> {
  if (!URL.canParse(issuer) || new URL(issuer).protocol !== 'https:')
    yield problem(`jwt.issuer: ${JSON.stringify(issuer)} is no https URL`);
  if (audience.length === 0 || audience.includes(''))
    yield problem(
      'jwt.audience: there has to be one, and none is empty',
      'else any token of the issuer would do',
    );
}

/** What is wrong with the beginning of URLs that a secret is for. */
export function* scopeProblems(repositories: string): Generator<Problem> {
  try {
    repositoryUrl(repositories);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const { message, hint } of error.problems) yield problem(message, hint);
  }
}

function* within(what: string, value: number, [least, most]: readonly [number, number]): Generator<Problem> {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  yield problem(`${what}: ${value} is not a whole number from ${least} to ${most}`);
}

const problem = (message: string, hint?: string): Problem => ({
  code: 'invalid-property',
  message,
  ...(hint !== undefined && { hint }),
});
