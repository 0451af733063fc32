import * as z from 'zod';
import { cronProblem } from './freeze';

const freezeReason = z
  .string()
  .regex(/^[^\p{Cc}]{1,200}$/u, {
    error: 'a reason has 1 to 200 characters, none of them a control character',
  })
  .optional()
  .describe('What is said of it.');
const moment = z.iso.datetime({ offset: true, error: 'must be as 2026-12-24T12:00:00+01:00, quoted' });

/** A window of `policy.freeze`, as people write it. */
export const freezeWindow = z.union(
  [
    z
      .strictObject({
        from: moment.describe('When it begins: ISO 8601 with an offset.'),
        to: moment.describe('When landings go on.'),
        reason: freezeReason,
      })
      .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
        error: 'it must be after `from`',
        path: ['to'],
      }),
    z
      .strictObject({
        cron: z.string().max(200).describe('When each window begins: five fields, as of crontab.'),
        durationMinutes: z.int().min(1).max(527_040).describe('How long each lasts.'),
        timeZone: z.string().max(100).default('UTC').describe('Of `cron`: a name as Europe/Berlin.'),
        reason: freezeReason,
      })
      .superRefine((window, context) => {
        const problem = cronProblem(window);
        if (problem !== undefined)
          context.addIssue({ code: 'custom', message: problem.message, path: [problem.field] });
      }),
  ],
  { error: 'expected `from` and `to`, or `cron` and `durationMinutes`' },
);
