import * as z from 'zod';

/** What the functions are called with and answer: keys and a few numbers, never content. */

const run = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$/);
const count = z.int().min(0);

/** Characters of what there is to say of a gate. */
export const MAX_NOTE = 2_000;

/** What became of one attempt of a gate, as the gate function saw it. */
const gateReturn = z.object({
  task: count,
  attempt: z.int().min(1),
  outcome: z.enum(['pass', 'fail', 'timeout']),
  startedAt: z.number(),
  endedAt: z.number(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  /** Whether the log was stored. */
  logged: z.boolean(),
  /** Paths below the folder of its artifacts, as many as fit into an answer. */
  artifacts: z.array(z.string()),
  /** How many more there are. */
  unlisted: count.optional(),
  note: z.string().max(MAX_NOTE).optional(),
  /** It had less time than it would have had alone, and has not ended in it: that says nothing of the gate. */
  cut: z.boolean().optional(),
  /** Of the function's process after the gate, in bytes; none of a build. */
  heapUsedBytes: z.number().optional(),
  rssBytes: z.number().optional(),
});
export type GateReturn = z.output<typeof gateReturn>;

/** What starts a build (`Build`): numbers, names and keys. */
const buildCall = z.object({
  task: count,
  attempt: z.int().min(1),
  /** When it was handed out, in ms since the epoch. */
  at: z.number(),
  /** Of this build alone, and secret: see `blobKeys`. */
  name: z.string(),
  image: z.string(),
  credentials: z.enum(['CODEBUILD', 'SERVICE_ROLE']),
  /** Keys of its sources. */
  gate: z.string(),
  tree: z.string(),
  /** Key prefix of what it leaves. */
  output: z.string(),
  /** Its time limit. */
  minutes: z.int(),
});

/** What became of a build. */
const buildReturn = buildCall.pick({ task: true, attempt: true, at: true, name: true }).extend({
  /** The error that Step Functions has caught. */
  error: z.string().optional(),
  /** JSON: the build; or the cause of the error, which is the build where that has failed. */
  result: z.string().default(''),
});
export type BuildReturn = z.output<typeof buildReturn>;

/** `Queue`, with a task token. Answer: nothing. */
export const queueCall = z.object({ run, generation: count, token: z.string().min(1) });

/** `Prepare`. */
export const prepareCall = z.object({ run, generation: count });
export interface PrepareAnswer {
  /** False: the plan cannot be run; the reasons are in the run's row. */
  readonly prepared: boolean;
  /** What each lane is started with; numbers are 0 to lanes − 1. */
  readonly lanes: readonly { readonly run: string; readonly generation: number; readonly lane: number }[];
}

/** `Next`, with a task token. */
export const nextCall = z.object({
  run,
  generation: count,
  lane: count,
  /** Which execution of the lane this is, from 0. */
  k: count,
  /** Counts the calls of this execution, from 0. */
  calls: count,
  /** Retries of this state so far. */
  retry: count,
  /** The last turn that was answered; null in the first call of an execution. */
  last: count.nullable(),
  token: z.string().min(1),
  results: z.array(gateReturn).nullable(),
  build: buildReturn.nullish(),
  /** What was caught, when the work could not be done. */
  lost: z.string().nullable(),
});
export type NextCall = z.output<typeof nextCall>;

/** What a lane's token is answered with. */
export type NextAnswer = { readonly turn: number } & (
  | {
      readonly kind: 'gate';
      /** URL of the job, for one hour. */
      readonly job: string;
      /** No gate is run: a source is made for a build, and the lane asks once more for the work that it has. */
      readonly source?: true;
    }
  | { readonly kind: 'build'; readonly build: z.output<typeof buildCall> }
  | { readonly kind: 'merge' | 'settled' | 'done' }
  /** `until`: ISO 8601. */
  | { readonly kind: 'sleep'; readonly until: string }
  /** `seconds`: how long its answer can be waited for. */
  | { readonly kind: 'check'; readonly seconds: number }
);

/** `Check`, with a task token. Answer: nothing; what became of the check is in the store. */
export const checkCall = z.object({
  run,
  generation: count,
  lane: count,
  k: count,
  /** As those of `Next`. */
  calls: count,
  retry: count,
  /** That of the lane which holds the check. */
  turn: count,
  token: z.string().min(1),
});
export type CheckCall = z.output<typeof checkCall>;

/** `Gate`. */
export const gateCall = z.object({ job: z.url() });
export interface GateAnswer {
  readonly results: readonly GateReturn[];
}

/** `Merge`: weaves or lands what the lane holds. */
export const mergeCall = z.union([
  z.object({ run, generation: count, lane: count, turn: count }),
  /** Cancels a run. */
  z.object({ cancel: run, why: z.string() }),
]);

/** `Report`. */
export const reportCall = z.object({ run, generation: count });
/** Part of what the execution of the run ends with: events tell of it. */
export interface ReportAnswer {
  readonly end: 'reported' | 'refused';
}

/** A file that can be read with a URL alone. */
const readable = z.object({ key: z.string(), url: z.url() });

/** What every job of a gate function has. */
const anyJob = z.object({
  run,
  /** Whose job it is, for the log. A job of a version before does not say it. */
  generation: count.optional(),
  lane: count.optional(),
  turn: count.optional(),
  /** Git bundles in the order in which they are to be unpacked; `key` names their content. */
  bundles: z.array(readable),
  objectFormat: z.enum(['sha1', 'sha256']),
});
export type AnyJob = z.output<typeof anyJob>;

/** Everything that a gate function needs, as a document behind a URL. */
export const gateJob = anyJob.extend({
  /** Where the numbers of tasks are that nobody needs any more, if there are any. */
  unwanted: z.url().optional(),
  tasks: z.array(
    z.object({
      task: count,
      attempt: z.int().min(1),
      /** What it fails by is known to all then: what else there is to do can wait. */
      decides: z.boolean().default(true),
      /** Its name; null for the woven commit. Missing in a job of a version before. */
      item: z.string().nullish(),
      gate: z.record(z.string(), z.unknown()),
      variables: z.record(z.string(), z.string()),
      /** What is tested: a commit of the bundles, and its tree. */
      commit: z.string(),
      tree: z.string(),
      /** Where the log is put (HTTP PUT). */
      log: z.url(),
      /** A form (HTTP POST) for each artifact; its key is `prefix` and the path. Null for a gate without artifacts. */
      artifacts: z
        .object({ url: z.url(), fields: z.record(z.string(), z.string()), prefix: z.string() })
        .nullable(),
    }),
  ),
});
export type GateJob = z.output<typeof gateJob>;

/** The same where it is to pack a work tree for a build. */
export const sourceJob = anyJob.extend({
  source: z.object({
    task: count,
    attempt: z.int().min(1),
    /** For the log, as above. */
    item: z.string().nullish(),
    gate: z.string().optional(),
    commit: z.string(),
    tree: z.string(),
    /** HEAD is a commit of the tree alone, not the one with its history. */
    ofTree: z.boolean(),
    /** Where the archive is put (HTTP PUT). */
    to: z.url(),
  }),
});
export type SourceJob = z.output<typeof sourceJob>;
