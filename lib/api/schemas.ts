import * as z from 'zod';

/** What the API answers, for its OpenAPI document. Fields are added, never renamed or removed. */

const Time = z.iso.datetime({ precision: 3 });
const Count = z.int().min(0);

const Links = z
  .strictObject({ self: z.string(), report: z.string(), cancel: z.string() })
  .describe('Paths of this API.');

export const Errors = z
  .strictObject({
    errors: z.array(
      z.strictObject({
        code: z.string().describe('Stable, for scripts.'),
        message: z.string(),
        file: z.string().optional(),
        path: z.string().optional().describe('The field, as `items[2].deps[0]`, or the parameter.'),
        line: z.int().optional(),
        column: z.int().optional(),
        hint: z.string().optional(),
      }),
    ),
  })
  .describe('Everything that is wrong with the request; nothing was changed.')
  .meta({ id: 'Errors' });

export const Submitted = z
  .strictObject({
    run: z.string(),
    created: z.boolean().describe('False: it had been submitted before, with the same key.'),
    links: Links,
  })
  .meta({ id: 'Submitted' });

export const Upload = z
  .strictObject({
    upload: z.string().describe('For `POST /runs?upload=…`.'),
    url: z.url().describe('Where the plan is put (HTTP PUT), within an hour.'),
  })
  .meta({ id: 'Upload' });

const summary = {
  runId: z.string(),
  status: z.enum(['queued', 'running', 'ended', 'refused', 'interrupted', 'cancelling', 'cancelled']),
  target: z.string(),
  repository: z.string(),
  submittedAt: Time,
  endedAt: Time.nullable(),
};

const Held = z.strictObject({ why: z.string(), until: Time.nullable() });

const Progress = z.strictObject({
  runId: z.string(),
  status: z
    .enum(['running', 'held', 'interrupted', 'cancelling', 'cancelled', 'ended'])
    .describe('Held: all that is left is its landing, which waits for the end of a pause or a freeze.'),
  alive: z.boolean(),
  phase: z.string(),
  held: Held.nullable().describe('What its landing waits for; until null: until somebody ends the pause.'),
  paused: z.string().nullable().describe('By whom its landing is held, and what for.'),
  frozenUntil: Time.nullable().describe('Until when nothing lands, where the landing waits for that.'),
  dryRun: z.boolean(),
  target: z.string(),
  startedAt: Time,
  endedAt: Time.nullable(),
  items: z.record(z.string(), Count).describe('How many items there are in each status.'),
  running: z.array(z.string()).describe('`item: gate`'),
  gates: z
    .array(z.strictObject({ item: z.string().nullable(), gate: z.string(), since: Time.nullable() }))
    .describe('The same; the item is null for the woven commit, `since` where that is not known.'),
});

export const Run = z
  .strictObject({
    ...summary,
    progress: Progress.optional().describe('Missing as long as the run waits or is being prepared.'),
    links: Links,
  })
  .meta({ id: 'Run' });

export const Runs = z
  .strictObject({
    runs: z.array(z.strictObject({ ...summary, links: Links })).describe('Newest first.'),
    next: z.string().optional().describe('There are more: `GET /runs?from=…`.'),
  })
  .meta({ id: 'Runs' });

export const Queue = z
  .strictObject({
    runs: z
      .array(
        z.strictObject({
          runId: z.string(),
          status: z.enum(['running', 'held', 'waiting', 'interrupted']),
          target: z.string(),
          repository: z.string(),
          since: Time,
          hotfix: z.boolean(),
          held: Held.optional().describe('What its landing waits for; null: until somebody ends the pause.'),
          place: Count.describe('How many runs on the same target are before it.'),
          links: Links,
        }),
      )
      .describe('Those of one target follow one another, in order.'),
  })
  .meta({ id: 'Queue' });

const pausePlace = {
  target: z.string().nullable().describe('Null: every target of the stack.'),
  repository: z.string().nullable(),
};

export const Paused = z
  .strictObject({
    ...pausePlace,
    status: z.enum(['paused', 'unpaused']),
    landing: z.array(z.string()).describe('Runs for which it is too late: their landing has begun.'),
  })
  .meta({ id: 'Paused' });

export const Pauses = z
  .strictObject({
    pauses: z.array(
      z.strictObject({ ...pausePlace, why: z.string().describe('By whom, and what for.'), since: Time }),
    ),
  })
  .meta({ id: 'Pauses' });

export const Answered = z
  .strictObject({ id: z.string().describe('Of the callback.'), status: z.enum(['pass', 'fail']) })
  .meta({ id: 'Answered' });

export const Cancelled = z
  .strictObject({
    run: z.string(),
    result: z
      .enum(['cancelled', 'too-late', 'landing'])
      .describe('`landing`: only the end of the landing tells; ask again.'),
  })
  .meta({ id: 'Cancelled' });

export const Overridden = z
  .strictObject({
    run: z.string(),
    item: z.string(),
    gate: z.string(),
    user: z.string().describe('Who answers for it, as was said; the report has the caller besides.'),
    warnings: z.array(z.string()).describe('In what cases it is not enough to land the item.'),
  })
  .meta({ id: 'Overridden' });
