import * as z from 'zod';
import { PARTS, type Part } from '../cost/bill';
import { CACHE_MISSES } from '../run/messages';

/**
 * The report of a run: what `report.json` holds. Stable: fields are added, never renamed or removed.
 * docs/report.md explains it for scripts, docs/schemas/report.schema.json is made from it.
 */

const Name = z.string();
const Commit = z.string().describe('Full commit id');
const Time = z.iso.datetime({ precision: 3 }).describe('ISO 8601 in UTC, with milliseconds');
const Count = z.int().min(0);

const Seconds = z.number().min(0);
const ExecutionsReport = z
  .strictObject({
    ran: Count,
    failed: Count.describe('Of those: how many failed or timed out, also where that stood in nobody’s way'),
    triedAgain: Count.describe('Of the failed: those after which the gate was tried again'),
    quarantined: Count.describe('Of the failed: last attempts of gates in quarantine'),
    overridden: Count.describe('Of the failed: last attempts of gates that somebody answers for'),
    cached: Count.describe('How often the cache answered instead'),
    seconds: Seconds.describe('Time of all that ran'),
  })
  .meta({ id: 'Executions' });

const HeldReport = z
  .strictObject({
    gates: z
      .strictObject({
        seconds: Seconds.describe('By one or more of the causes'),
        memory: Seconds,
        cpu: Seconds,
        io: Seconds,
      })
      .optional()
      .describe(
        'For how many seconds gates that could have started were held back by throttling, of the process that ended the run; not there for engine `aws`',
      ),
    landingSeconds: Seconds.describe('For how many seconds a verified weave waited for a pause or a freeze'),
  })
  .meta({ id: 'Held' });

const GateReport = z
  .strictObject({
    name: Name,
    required: z.boolean().describe('Whether the policy requires it'),
    blocking: z.boolean().describe('Whether its failure fails the item: required, or named in `blockOn`'),
    quarantined: z.boolean().describe('Whether it was run to be watched only: it blocks nothing'),
    status: z.enum(['pass', 'fail', 'skipped', 'timeout']).describe('That of the last attempt'),
    attempts: Count.describe('How often it ran; 0 where it was skipped or its result came from the cache'),
    flaky: z.boolean().describe('Whether it passed only after a failed attempt'),
    cached: z.boolean().describe('Whether the result is that of an earlier execution on the same content'),
    cacheMiss: z
      .array(z.enum(['off', ...CACHE_MISSES]))
      .nullable()
      .optional()
      .describe(
        'Why it ran and no earlier pass was used, as far as that is known: `off`: it is not cached; `never-passed`: no pass of it on this item is known; `expired`: its pass was too old, or dropped for newer ones; `artifacts-gone`: the files that go with it; `earlier-weave`: it passed in this run, on another weave than this; `content-changed`, `gate-changed`, `machine-changed`: since its last pass the files (or the commit), its definition, or the system, the inherited variables or git, and where it is known which of these: `system-changed`, `variables-changed`, `git-changed`. Null where it was cached or nothing ran',
      ),
    lane: Count.nullable().describe('The lane it ran on; null where nothing ran'),
    startedAt: Time.nullable().describe('Start of the last attempt; null where nothing started'),
    endedAt: Time.nullable().describe('End of the last attempt'),
    exitCode: z.int().nullable().describe('Null where a signal ended it, or where nothing ran'),
    signal: z.string().nullable().describe('The signal that ended it, such as SIGKILL'),
    log: z
      .string()
      .nullable()
      .describe(
        'Path of its output, relative to the artifact folder; null where it printed nothing or has not ended here, as when it was skipped, stopped or cached',
      ),
    artifacts: z.array(z.string()).describe('Paths of the kept files, relative to the artifact folder'),
    note: z.string().nullable().describe('What a person should know, such as `timed out after 600 s`'),
    override: z
      .strictObject({
        user: z.string().describe('Who answers for it, one of `policy.overrides.adminGreen`'),
        reason: z.string(),
        at: Time,
        by: z.string().nullable().describe('Who asked for it, as far as that is known'),
      })
      .nullable()
      .describe('It counts as passed, whatever its status; null where nobody said so'),
  })
  .meta({ id: 'Gate' });

const ItemReport = z
  .strictObject({
    name: Name,
    branch: z.string(),
    deps: z.array(Name).describe('Items that it depends on directly'),
    status: z
      .enum(['merged', 'failed', 'blocked', 'skipped', 'cancelled'])
      .describe('In a dry run `merged` means would be merged, where only gates ran: passed them'),
    reason: z
      .string()
      .nullable()
      .describe('`code: words`; null for a merged item, except `nothing to do: …` where nothing was merged'),
    blockedBy: Name.nullable().describe('The failed item at the root of the block'),
    path: z.array(Name).describe('From this item along its deps to `blockedBy`; empty where not blocked'),
    head: Commit.nullable().describe('The commit this run is about; null where it could not be resolved'),
    candidate: Commit.nullable().describe('The commit its gates ran on: its deps and itself on the target'),
    mergeCommit: Commit.nullable().describe('Its commit in the weave; null where it has none'),
    readyAt: Time.nullable().describe('When its last dependency allowed it to start'),
    startedAt: Time.nullable().describe('When its first gate started'),
    endedAt: Time.nullable().describe('When its status was decided'),
    gates: z.array(GateReport),
    eviction: z
      .strictObject({
        gate: GateReport.describe('The gate that failed on the weave with this item'),
        passesWith: Name.nullable().describe(
          'The last item up to which the weave passes without it; null: the target alone',
        ),
        clashesWith: z
          .array(Name)
          .describe('The earlier item that it clashes with, or those of which one is it; empty: not known'),
      })
      .nullable()
      .optional()
      .describe('Of an item that was found to break the weave; null for all others'),
    conflictsWith: z
      .array(Name)
      .optional()
      .describe(
        'Of an item that did not merge in the weave: the earlier items that changed the same files; empty: it is the target',
      ),
    urgency: z
      .strictObject({
        hotfix: z.boolean(),
        priority: z.int(),
        aheadOf: Name.describe('The least urgent item that comes after it in merge order'),
      })
      .optional()
      .describe('As in the plan, of an item that is ahead of less urgent ones'),
    why: z
      .string()
      .optional()
      .describe('For people: what became of it, and why; a sentence a line, as `lex-pr why` prints it'),
  })
  .meta({ id: 'Item' });

const CacheReport = z.strictObject({
  hits: Count,
  misses: Count,
  expired: Count.describe('Those misses whose entry was there, but too old'),
  size: Count.describe('Entries in the store'),
  hitRate: z.number().min(0).max(1).describe('hits ÷ (hits + misses); 0 before the first read'),
});

const MetricReport = z.strictObject({
  type: z.enum(['counter', 'gauge', 'histogram']),
  help: z.string(),
  value: z.number().optional().describe('Of a counter or gauge, over all labels'),
  max: z.number().optional().describe('Highest value of a gauge or histogram'),
  count: z.number().optional().describe('Of a histogram: how many values'),
  sum: z.number().optional().describe('Of a histogram'),
  mean: z.number().optional().describe('Of a histogram; 0 without values'),
  values: z.array(z.unknown()).readonly().describe('One sample for each combination of labels'),
});

const usd = z.number().min(0);
const CostReport = z
  .strictObject({
    usd: usd.describe('The sum of the parts'),
    currency: z.literal('USD'),
    parts: z.strictObject(Object.fromEntries(PARTS.map((part) => [part, usd])) as Record<Part, typeof usd>),
    estimated: z.literal(true),
    prices: z.string().describe('Which list prices: their region, and when they were looked up'),
  })
  .meta({ id: 'Cost' });

const WorkersReport = z
  .strictObject({
    mode: z.literal('auto'),
    min: z.int().min(1).describe('The fewest gates that could run at once'),
    max: z.int().min(1).describe('The most'),
    mean: z.number().min(1).describe('Over the time of the run'),
    changes: z.int().min(0).describe('How often that changed'),
    last: z
      .array(z.strictObject({ at: Time, limit: z.int().min(1), why: z.string() }))
      .describe('The last changes, at most 100; the first of each process is with what it began'),
  })
  .meta({ id: 'Workers' });

export const ReportSchema = z.strictObject({
  schemaVersion: z.literal('v1'),
  runId: z.string(),
  status: z
    .enum(['merged', 'partial', 'failed', 'cancelled'])
    .describe('merged: all items; partial: some; failed: none; cancelled: the run was cancelled'),
  dryRun: z.boolean().describe('Whether no ref was to be moved'),
  speculation: z
    .enum(['off', 'deps'])
    .optional()
    .describe('`deps`: gates could start before those of the dependencies had passed'),
  gatesOnly: z.boolean().describe('Whether gates were run and nothing was woven (`lex-pr run`)'),
  engine: z.enum(['local', 'aws']),
  target: z.strictObject({
    ref: z.string(),
    before: Commit.describe('What the ref named at the start of the run'),
    after: Commit.describe('What it named at the end; in a dry run the same'),
  }),
  integration: z
    .strictObject({
      ref: z.string().nullable().describe('The ref that names the weave; null where none was made'),
      commit: Commit.describe('The woven commit, the one that is verified and lands'),
      tree: z.string().describe('Full tree id of that commit'),
      gates: z.array(GateReport),
      repository: z
        .string()
        .optional()
        .describe(
          'Absolute path of the bare repository below `.lex-pr` that has ref and commit; not there for engine `aws`',
        ),
    })
    .nullable()
    .describe('The weave and its verification; null where nothing was woven'),
  maxWorkers: z.int().min(1).describe('Lanes of the run: at most so many gates ran at once'),
  workers: WorkersReport.optional().describe(
    'How many of them could run gates; there with `maxWorkers: auto`',
  ),
  startedAt: Time,
  endedAt: Time,
  predictedSeconds: z
    .number()
    .min(0)
    .nullable()
    .optional()
    .describe(
      'How long the gates were predicted to take, from past runs, if all pass and none is answered by the cache; null where nothing was known of them',
    ),
  executions: ExecutionsReport.optional().describe(
    'Every execution of a gate: attempts, and verifications of earlier weaves and of parts of one too, as `gate_execution_seconds` counts them',
  ),
  sharedFailure: z
    .strictObject({
      gate: Name,
      command: z
        .string()
        .nullable()
        .describe(
          'Shell command that runs it on the target; null where the gate does not run on this machine',
        ),
    })
    .nullable()
    .optional()
    .describe(
      'The gate in which all items failed that a gate failed, where those are two or more and none passed it: the target may fail it by itself; else null',
    ),
  held: HeldReport.optional().describe('For how long work was held back'),
  cache: z.record(z.string(), CacheReport).describe('By cached operation'),
  metrics: z.record(z.string(), MetricReport).describe('By metric name, with and without `lex_pr_`'),
  cost: CostReport.optional().describe('What the run cost on AWS; not there for engine `local`'),
  warnings: z.array(z.string()),
  alreadyThere: Count.optional().describe(
    'How many of the merged items changed nothing, because the target or an item before them makes the same change',
  ),
  items: z.array(ItemReport).describe('In merge order'),
});

export type Report = z.infer<typeof ReportSchema>;
export type ReportItem = Report['items'][number];
export type ReportGate = ReportItem['gates'][number];

/** The status of a run, by those of its items. A run without items has nothing left to merge: merged. */
export function overallStatus(
  items: readonly Pick<ReportItem, 'status'>[],
  cancelled: boolean,
): Report['status'] {
  if (cancelled) return 'cancelled';
  const merged = items.filter((item) => item.status === 'merged').length;
  if (merged === items.length) return 'merged';
  return merged > 0 ? 'partial' : 'failed';
}

/** The JSON Schema (draft 2020-12) of `report.json`, as committed in docs/schemas/report.schema.json. */
export function reportJsonSchema(): Record<string, unknown> {
  return { title: 'Report of a lex-pr run', ...z.toJSONSchema(ReportSchema) };
}
