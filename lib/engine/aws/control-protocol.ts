import * as z from 'zod';
import type { Problem } from '../../errors';
import { BRANCH_NAME } from '../../plan/branch-name';
import type { ShownHold } from '../../run/hold';
import type { RunEvent } from '../../run/messages';
import type { RunStatus } from '../run-status';
import { askedBy, overrideFields, requestSchema } from './request';

/** A URL has up to 2 KB, and a function can answer 6 MB. */
export const LOGS_A_CALL = 500;

/** What the control function is asked and answers; the command line and the API speak this and nothing else. */

const run = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$/, { error: 'not the id of a run' });
/** Of one upload. */
const planId = z.string().regex(/^[0-9a-f-]{36}$/, { error: 'not the id of an upload' });
/** The path of a log below the artifact folder, as an event tells it. */
const logPath = z
  .string()
  .max(1_000)
  .regex(/^logs(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/, { error: 'not the path of a log' });
/** A target and its repository, or neither: every target of the stack. */
export const pausePlace = {
  target: z
    .string()
    .regex(BRANCH_NAME, { error: 'not a branch name that git accepts' })
    .nullable()
    .default(null),
  /** URL. */
  repository: z.string().min(1).max(4_096).nullable().default(null),
};
/** The id of a run; left out: the newest, of those that have not ended where that matters. */
const anyRun = run.optional();

export const controlCall = z.discriminatedUnion('action', [
  /** A place for a plan. With a key the run is the same for every call that brings it. */
  z.strictObject({ action: z.literal('upload'), idempotencyKey: z.string().min(1).max(255).optional() }),
  /** Starts the run whose plan was put there; again, nothing happens. */
  z.strictObject({ action: z.literal('submit'), run, plan: planId, request: requestSchema }),
  z.strictObject({ action: z.literal('list'), from: z.string().optional() }),
  /** The runs that have not ended, in line on their targets, and what is paused. */
  z.strictObject({ action: z.literal('queue') }),
  z.strictObject({ action: z.literal('status'), run: anyRun }),
  /** What has happened since a version of the state (0: since the start), and so many events after it. */
  z.strictObject({
    action: z.literal('follow'),
    run,
    after: z.int().min(0),
    told: z.int().min(0).default(0),
  }),
  /** URLs of logs, while a run goes on and after it. */
  z.strictObject({ action: z.literal('logs'), run, paths: z.array(logPath).min(1).max(LOGS_A_CALL) }),
  z.strictObject({ action: z.literal('cancel'), run: anyRun, why: z.string().min(1).max(1_000) }),
  /** Counts a gate of an item as passed. */
  z.strictObject({ action: z.literal('override'), run, ...overrideFields, by: askedBy }),
  /** Nothing lands on a target from now on. */
  z.strictObject({ action: z.literal('pause'), ...pausePlace, why: z.string().min(1).max(1_000) }),
  z.strictObject({ action: z.literal('unpause'), ...pausePlace }),
  z.strictObject({ action: z.literal('resume'), run: anyRun }),
  /** Files of the artifact folder with URLs, those after a path; only of a run that has ended. */
  z.strictObject({ action: z.literal('report'), run: anyRun, from: z.string().optional() }),
]);
export type ControlCall = z.input<typeof controlCall>;

export interface Upload {
  readonly run: string;
  /** Of this upload; the first one that is submitted counts. */
  readonly plan: string;
  /** Where the plan is put (HTTP PUT). */
  readonly url: string;
}

export interface Submitted {
  readonly run: string;
  /** False: it had been submitted before. */
  readonly created: boolean;
}

export interface RunSummary {
  readonly runId: string;
  readonly status: 'queued' | 'running' | 'ended' | 'refused' | 'cancelled';
  readonly target: string;
  readonly repository: string;
  readonly submittedAt: string;
  readonly endedAt: string | null;
}

export interface Followed {
  /** Runs that are before this one on its target. */
  readonly before: readonly string[];
  /** Undefined as long as the run waits or is being prepared. */
  readonly progress?:
    | {
        /** All events up to this version have been told, and of the next one as many: what to ask for next. */
        readonly version: number;
        readonly told: number;
        /** There are more than an answer has room for. */
        readonly more: boolean;
        /** As it is now. */
        readonly state: string;
        /** Without the long lists of what happened, which are for the report. */
        readonly events: readonly RunEvent[];
        /** Record and facts (HTTP GET). */
        readonly record: string;
      }
    | undefined;
  readonly ended: boolean;
  /** Why it could not be run. */
  readonly refusal?: readonly Problem[] | undefined;
}

export interface Cancelled {
  readonly run: string;
  /** `too-late`: it had landed, or ended, before. `landing`: only the end of the landing tells; ask again. */
  readonly result: 'cancelled' | 'too-late' | 'landing';
}

export interface OverriddenGate {
  readonly run: string;
  readonly item: string;
  readonly gate: string;
  readonly user: string;
  /** In what cases it is not enough to land the item. */
  readonly warnings: readonly string[];
}

export interface Paused {
  /** Null, as the repository: every target of the stack. */
  readonly target: string | null;
  readonly repository: string | null;
  readonly status: 'paused' | 'unpaused';
  /** Runs whose landing had begun before. */
  readonly landing: readonly string[];
}

export interface PauseShown extends Pick<Paused, 'target' | 'repository'> {
  /** By whom, and what for. */
  readonly why: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A file, and where it can be read (HTTP GET). */
interface FileUrl {
  readonly path: string;
  readonly url: string;
}

/** Whether there is something behind a URL tells who reads it. */
export interface LogFiles {
  readonly run: string;
  readonly files: readonly FileUrl[];
}

export interface ReportFiles {
  readonly run: string;
  readonly files: readonly FileUrl[];
  /** There are more after this path. */
  readonly next?: string | undefined;
}

/** A run that has not ended. */
export interface QueuedRun {
  readonly runId: string;
  readonly status: 'running' | 'held' | 'waiting' | 'interrupted';
  readonly target: string;
  readonly repository: string;
  /** ISO 8601: when it was submitted. */
  readonly since: string;
  readonly hotfix: boolean;
  /** What its landing waits for, and until when (null: until somebody ends the pause). */
  readonly held?: ShownHold;
  /** How many runs on the same target are before it. */
  readonly place: number;
}

export interface RunPage {
  /** Newest first. */
  readonly runs: readonly RunSummary[];
  /** There are more runs; `from` of the next call. */
  readonly next?: string | undefined;
}

/** `progress` is undefined as long as the run waits or is being prepared. */
export type StatusAnswer = RunSummary & { readonly progress?: RunStatus | undefined };

/** What each action is answered with. */
export interface ControlAnswers {
  readonly upload: Upload;
  readonly submit: Submitted;
  readonly list: RunPage;
  readonly queue: { readonly runs: readonly QueuedRun[]; readonly pauses: readonly PauseShown[] };
  readonly status: StatusAnswer;
  readonly follow: Followed;
  readonly logs: LogFiles;
  readonly cancel: Cancelled;
  readonly override: OverriddenGate;
  readonly pause: Paused;
  readonly unpause: Paused;
  readonly resume: Submitted;
  readonly report: ReportFiles;
}

/** Every answer: what was asked for, or what was wrong with the question. */
export type ControlAnswer<T> = { readonly value: T } | { readonly problems: readonly Problem[] };
