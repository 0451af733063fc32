import { createHash } from 'node:crypto';
import * as z from 'zod';
import { branchesSchema } from './request';

/** Letters that are in every run's id; with the time behind it an id has 48 at most. */
export const SCHEDULE_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;

/** EventBridge Scheduler puts the time there for which the schedule was due, the same each time it delivers it. */
export const SCHEDULED_TIME = '<aws.scheduler.scheduled-time>';

/** What the function of schedules is called with, as the stack has written it for each schedule. */
export const firingSchema = z.strictObject({
  schedule: z.string().regex(SCHEDULE_NAME),
  /** Left out by who calls the function by hand, and left as it is by a scheduler that fills in nothing. */
  due: z.union([z.literal(SCHEDULED_TIME).transform(() => undefined), z.iso.datetime()]).optional(),
  plan: z.union([
    branchesSchema,
    /** A file that was stored with the stack, and what messages call it. */
    z.strictObject({ bucket: z.string().min(1), key: z.string().min(1), file: z.string() }),
  ]),
  execute: z.boolean(),
  maxWorkers: z.int().min(1).nullable(),
  /** What to do where a run goes on or waits on the same target. */
  whenBusy: z.enum(['queue', 'skip']),
});
export type Firing = z.output<typeof firingSchema>;

/**
 * The run of a firing: one for each time that a schedule is due, however often that is delivered.
 * @param call the id of this call of the function, which stands for a time that nobody has said; a call that is tried
 *   again has the same
 */
export function runOfFiring({ schedule, due }: Pick<Firing, 'schedule' | 'due'>, call: string): string {
  const moment =
    due === undefined
      ? createHash('sha256').update(call).digest('hex').slice(0, 15)
      : new Date(due).toISOString().slice(0, 19).replace(/[-:]/g, '');
  return `${schedule}-${moment}`;
}
