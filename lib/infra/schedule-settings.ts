import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { SCHEDULE_NAME } from '../engine/aws/firing';
import { parsePlan } from '../engine/aws/read-plan';
import { repositoryUrl } from '../engine/aws/repository-url';
import { branchesSchema } from '../engine/aws/request';
import { InputError, type Problem } from '../errors';
import { checkShape } from '../plan/check-shape';
import { type Finding, isMapping } from '../plan/field-path';
import { createNearest, type Nearest } from '../plan/nearest';
import { MAX_LANES } from './run-machine';
import { expressionFault, isTimezone } from './schedule-expression';

const storedSchema = z.strictObject({ file: z.string().min(1, { error: 'is empty' }) });

const scheduleSchema = z.strictObject({
  name: z.string().regex(SCHEDULE_NAME, {
    error: 'a letter, then up to 31 letters, digits, `-` and `_`',
  }),
  expression: z.string().check(({ value, issues }) => {
    const message = expressionFault(value);
    if (message !== undefined) issues.push({ code: 'custom', input: value, message });
  }),
  timezone: z.string().refine(isTimezone, { error: 'an IANA name such as Europe/Berlin' }).default('UTC'),
  plan: z.unknown(),
  execute: z.boolean().default(true),
  maxWorkers: z
    .int()
    .min(1, { error: `from 1 to ${MAX_LANES}` })
    .max(MAX_LANES, { error: `from 1 to ${MAX_LANES}` })
    .optional(),
  whenBusy: z.enum(['queue', 'skip']).default('queue'),
  enabled: z.boolean().default(true),
});
const listSchema = z.array(scheduleSchema);

/** A schedule with its defaults. */
export type Schedule = Omit<z.output<typeof scheduleSchema>, 'plan'> & {
  readonly plan: z.output<typeof storedSchema> | z.output<typeof branchesSchema>;
};

/** Everything that is wrong with a list of schedules, but for what is in the files that it names. */
export function* checkSchedules(list: unknown): Generator<Finding> {
  const nearest = createNearest();
  yield* checkShape(listSchema, list, [], nearest);
  if (!Array.isArray(list)) return;
  const names = new Set<unknown>();
  for (const [index, schedule] of list.entries()) {
    if (!isMapping(schedule)) continue;
    const { name, plan } = schedule;
    if (names.has(name)) {
      const message = `there is a schedule ${JSON.stringify(name)} already`;
      yield { code: 'duplicate-name', message, path: [index, 'name'] };
    }
    names.add(name);
    for (const { path, ...finding } of checkPlan(plan, nearest))
      yield { ...finding, path: [index, 'plan', ...path] };
  }
}

function* checkPlan(plan: unknown, nearest: Nearest): Generator<Finding> {
  if (plan === undefined) return;
  const schema = isMapping(plan) && Object.hasOwn(plan, 'file') ? storedSchema : branchesSchema;
  yield* checkShape(schema, plan, [], nearest);
  if (!isMapping(plan) || typeof plan.repository !== 'string') return;
  try {
    repositoryUrl(plan.repository);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const { code, message, hint = '' } of error.problems)
      yield { code, message, hint, path: ['repository'] };
  }
}

/** A list in which `checkSchedules` finds nothing, with its defaults. */
export const parseSchedules = (list: unknown): Schedule[] =>
  listSchema.parse(list).map(({ plan, ...schedule }) => ({
    ...schedule,
    plan: isMapping(plan) && 'file' in plan ? storedSchema.parse(plan) : branchesSchema.parse(plan),
  }));

/** Everything that is wrong with the plans that schedules store. */
export function* storedPlanProblems(schedules: readonly Schedule[]): Generator<Problem> {
  const files = schedules.flatMap(({ plan }) => ('file' in plan ? [plan.file] : []));
  for (const file of new Set(files)) {
    try {
      parsePlan(readFileSync(file), { file, repository: null });
    } catch (error) {
      if (error instanceof InputError) yield* error.problems;
      else yield unreadable(file, error as NodeJS.ErrnoException);
    }
  }
}

const unreadable = (file: string, { code, message }: NodeJS.ErrnoException): Problem => ({
  code: 'unreadable',
  message: code === 'ENOENT' ? 'there is no such file' : `it cannot be read: ${message}`,
  hint: 'the path of a plan starts in the folder of the list, and in an app of yours in the current one',
  file,
});
