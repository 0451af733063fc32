import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Node } from 'constructs';
import * as z from 'zod';
import { InputError } from '../errors';
import { issueWords } from '../issue-words';
import { LOG_LEVELS } from '../telemetry/logger';
import type { MergePyramidProps } from './props';
import { readSchedules } from './read-schedules';
import { RANGES, scopeProblems } from './settings';

function oneOf<const V extends readonly string[]>(...values: V) {
  return z.enum(values, { error: `is not ${values.join(' or ')}` }).optional();
}

const count = (name: keyof typeof RANGES) => {
  const [least, most] = RANGES[name];
  const error = `is not a whole number from ${least} to ${most}`;
  const isWithin = (value: number) => Number.isInteger(value) && value >= least && value <= most;
  return z.coerce.number({ error }).refine(isWithin, { error }).optional();
};

/** What `cdk deploy -c NAME=VALUE` can set; `lib/infra/props.ts` says what each means. */
const context = z
  .object({
    stack: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/, { error: 'is no name for a stack' })
      .default('LexPr')
      .describe('Name of the stack.'),
    functions: oneOf('image', 'zip'),
    architecture: oneOf('arm64', 'x86_64'),
    believeSharedPasses: oneOf('yes', 'no'),
    maxWorkers: count('maxWorkers'),
    retentionDays: count('retentionDays'),
    repositorySecretArn: z
      .string()
      .regex(/^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$/, {
        error: 'is no complete ARN of a secret',
      })
      .optional(),
    jwtIssuer: z.url({ protocol: /^https$/, error: 'is no https URL' }).optional(),
    jwtAudience: z.string().min(1, { error: 'is empty' }).optional(),
    repositories: z
      .string()
      .check(({ value, issues }) => {
        for (const { message } of scopeProblems(value))
          issues.push({ code: 'custom', input: value, message });
      })
      .optional(),
    removal: oneOf('retain', 'destroy'),
    logLevel: oneOf(...LOG_LEVELS),
    schedules: z
      .string()
      .min(1, { error: 'is empty' })
      .optional()
      .describe('A file with a list of schedules.'),
    rotateAfterEvents: count('rotateAfterEvents'),
  })
  .refine(({ repositorySecretArn, repositories }) => !repositorySecretArn === !repositories, {
    error: 'goes together with -c repositories',
    path: ['repositorySecretArn'],
    // Also where something else is wrong.
    when: () => true,
  })
  .refine(({ jwtIssuer, jwtAudience }) => !jwtIssuer === !jwtAudience, {
    error: 'goes together with -c jwtAudience',
    path: ['jwtIssuer'],
    when: () => true,
  });
export type Context = z.output<typeof context>;

/**
 * Reads the context of the app.
 * @throws InputError with everything that is wrong with it
 */
export function readContext(node: Node): Context {
  const given = Object.keys(context.shape).map((key) => [key, node.tryGetContext(key)] as const);
  const { success, data, error } = context.safeParse(Object.fromEntries(given));
  if (success) return data;
  throw new InputError(
    error.issues.map((issue) => ({
      code: 'invalid-context',
      message: `-c ${issue.path.join('.')} ${issueWords(issue)}`,
    })),
  );
}

/**
 * The properties that go with a context; what it does not give is left to the construct.
 * @throws InputError with what is wrong with the file of schedules
 */
export function pyramidProps(given: Context, scope: Stack): MergePyramidProps {
  const { functions, architecture, maxWorkers, retentionDays, rotateAfterEvents, logLevel } = given;
  const { repositorySecretArn, repositories, removal, schedules, jwtIssuer, jwtAudience } = given;
  return {
    ...(functions && { functions }),
    ...(architecture && { architecture: ARCHITECTURES[architecture] }),
    ...(given.believeSharedPasses && { believeSharedPasses: given.believeSharedPasses === 'yes' }),
    ...(maxWorkers && { maxWorkers }),
    ...(retentionDays && { retention: Duration.days(retentionDays) }),
    ...(rotateAfterEvents && { rotateAfterEvents }),
    ...(logLevel && { logLevel }),
    ...(jwtIssuer && jwtAudience && { jwt: { issuer: jwtIssuer, audience: jwtAudience.split(',') } }),
    ...(removal && { removalPolicy: REMOVALS[removal] }),
    ...(schedules && { schedules: readSchedules(schedules) }),
    ...(repositorySecretArn &&
      repositories && {
        repositoryAccess: {
          secret: Secret.fromSecretCompleteArn(scope, 'RepositorySecret', repositorySecretArn),
          repositories,
        },
      }),
  };
}

const ARCHITECTURES = { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 };
const REMOVALS = { retain: RemovalPolicy.RETAIN, destroy: RemovalPolicy.DESTROY } as const;
