import * as z from 'zod';
import { stackShapeSchema } from '../../cost/stack-shape';
import { issueWords } from '../../issue-words';
import { LOG_LEVELS } from '../../telemetry/logger';

const name = z.string().min(1);
const count = z.coerce.number().int().min(1);

/** What the stack tells its functions; each has only those that go with what it may do. */
const variables = z.object({
  RUN_TABLE: name,
  CACHE_TABLE: name,
  BUCKET: name,
  /** Days until rows and files of a run expire. */
  RETENTION_DAYS: count,
  /** Lanes that a run can have at most. */
  MAX_WORKERS: count,
  RUN_MACHINE_ARN: name,
  LANE_MACHINE_ARN: name,
  MERGE_FUNCTION: name,
  METRICS_NAMESPACE: name,
  /** A dimension of all metrics: an account may have several stacks. */
  STACK_NAME: name,
  /** Sizes of functions and the like, as JSON. */
  STACK_SHAPE: name.transform((text) => JSON.parse(text)).pipe(stackShapeSchema),
  /** Of the HTTP API, without a slash at its end. */
  API_URL: name,
  /** The event bus on which checks are asked for. */
  CHECK_BUS: name,
  /** Access to the repository. Not there where the repository needs none. */
  SECRET_ARN: name.optional(),
  /** Which repositories get it: those whose URL begins with this. */
  REPOSITORY_SCOPE: name.optional(),
  /** What gates run with: results are remembered for this alone. */
  TOOLCHAIN: name,
  /** The same of gates in containers, beside their image. */
  CONTAINER_TOOLCHAIN: name,
  /** Whether passes count that others have written into the table of remembered operations. */
  BELIEVE_SHARED_PASSES: z
    .enum(['yes', 'no'])
    .default('no')
    .transform((said) => said === 'yes'),
  /** What is less urgent is not logged. */
  LEX_PR_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
});

export type Environment = z.output<typeof variables>;
export type EnvironmentVariable = keyof Environment;

/**
 * The variables of this function by name.
 * @throws Error that names every variable that is missing or wrong
 */
export function requireEnvironment<N extends EnvironmentVariable>(
  names: readonly N[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Pick<Environment, N> {
  const mask = Object.fromEntries(names.map((key) => [key, true])) as { [K in N]: true };
  const { success, data, error } = variables.pick(mask as never).safeParse(environment);
  if (success) return data as Pick<Environment, N>;
  const wrong = error.issues.map((issue) => `${issue.path.join('.')}: ${issueWords(issue)}`);
  throw new Error(`environment variables of the function: ${wrong.join('; ')}`);
}
