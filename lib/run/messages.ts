import type { LandResult } from '../merge/land';
import type { WeaveResult } from '../merge/weave';
import type { Seen } from './search';
import type { Override, Phase, StopStatus, Work } from './state';

/** Why no remembered pass was good enough for a gate. */
export const CACHE_MISSES = [
  'never-passed',
  'expired',
  'artifacts-gone',
  'earlier-weave',
  'content-changed',
  'gate-changed',
  'machine-changed',
  'system-changed',
  'variables-changed',
  'git-changed',
] as const;

export type CacheMiss = (typeof CACHE_MISSES)[number];

/** What became of one gate task in a lane. */
export interface GateResult {
  readonly kind: 'gate';
  readonly task: number;
  readonly attempt: number;
  /** `empty`: the item adds nothing, so that there is nothing to test. */
  readonly outcome: 'pass' | 'fail' | 'timeout' | 'empty' | 'conflict' | 'unrelated';
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** The commit whose tree was tested. */
  readonly candidate?: string;
  readonly cached?: boolean;
  /** Why it ran, where the cache was asked and that is known. */
  readonly missed?: readonly CacheMiss[];
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  /** Path of the log, relative to the artifact folder. */
  readonly log?: string;
  readonly artifacts?: readonly string[];
  /** How many more files were kept than `artifacts` lists. */
  readonly unlisted?: number;
  readonly note?: string;
  /** For a conflict: the files, and the item whose head did not merge. */
  readonly paths?: readonly string[];
  readonly at?: number;
  /** Of the process that ran it, where that was one for the gate alone, in bytes. */
  readonly heapUsedBytes?: number | undefined;
  readonly rssBytes?: number | undefined;
}

/** What became of one item in the weave; `present`: the base holds it already. */
export interface MergeResult {
  readonly kind: 'merge';
  readonly item: number;
  readonly result: WeaveResult;
  readonly present: boolean;
  /** Tree of what it was woven on; a version before does not say it. */
  readonly onto?: string;
  readonly durationMs: number;
}

export interface LandingResult {
  readonly kind: 'land';
  readonly result: LandResult;
  readonly durationMs: number;
}

export type Result = GateResult | MergeResult | LandingResult;

/** What the coordinator is told. */
export type Input =
  /** A lane's turn: what came of its last work; it asks for more. Turns of a lane count from 1. */
  | {
      readonly kind: 'next';
      readonly lane: number;
      readonly generation: number;
      readonly turn: number;
      readonly results: readonly Result[];
      /** Why there are no results, where the worker was lost. */
      readonly lost?: string;
    }
  /** Time has passed: a backoff may be over. */
  | { readonly kind: 'clock' }
  /**
   * Another process goes on with the run: what lanes held goes back, they start anew.
   * @param limit how many of them may be given gates; default: all
   */
  | { readonly kind: 'takeover'; readonly lanes: number; readonly limit?: number }
  /** So many lanes may be given gates from now on; what they have already they keep. `why` is a sentence. */
  | { readonly kind: 'limit'; readonly limit: number; readonly why: string }
  /** The run is to end now, with nothing landed from here on; `why` is a sentence. */
  | { readonly kind: 'stop'; readonly status: StopStatus; readonly why: string };

/** What the coordinator tells a lane in answer to its turn. */
export interface Answer {
  readonly lane: number;
  readonly generation: number;
  readonly turn: number;
  readonly work: Work | { readonly kind: 'done' };
}

/** What happened, for the record: reports are made of these and the last state. */
export type RunEvent =
  | ({ readonly event: 'result'; readonly lane: number; readonly round: number } & Result)
  | { readonly event: 'item'; readonly item: number; readonly status: number; readonly at: number }
  | {
      readonly event: 'start';
      readonly task: number;
      readonly attempt: number;
      readonly lane: number;
      readonly at: number;
    }
  | { readonly event: 'retry'; readonly task: number; readonly attempt: number; readonly at: number }
  | {
      readonly event: 'phase';
      readonly phase: Phase;
      readonly round: number;
      readonly base: string;
      readonly at: number;
    }
  /**
   * A prefix of a weave that failed is verified: the items up to this position, or (−1) none of them; and on top, of
   * what is found to break the weave, the item at `with` and its dependencies.
   */
  | {
      readonly event: 'probe';
      readonly upTo: number;
      readonly with?: number;
      readonly round: number;
      readonly at: number;
    }
  /**
   * The weave passes up to the item at `after` (−1: the base) and fails with this one, which was seen at the task in
   * the round. It clashes with one of `clash`; empty: that is not known, or it fails without others.
   */
  | ({
      readonly event: 'evict';
      readonly item: number;
      readonly after: number;
      readonly clash: readonly number[];
      readonly at: number;
    } & Seen)
  /** The landing waits: nothing lands until then (null: until a pause is ended). */
  | { readonly event: 'hold'; readonly until: number | null; readonly why: string; readonly at: number }
  /** How many gates may run at once from now on, where that follows the load. */
  | { readonly event: 'limit'; readonly limit: number; readonly why: string; readonly at: number }
  | { readonly event: 'pause'; readonly why: string; readonly at: number }
  | { readonly event: 'unpause'; readonly at: number }
  /** Nobody is evicted: the probes are used up, or the base fails by itself. */
  | ({ readonly event: 'give-up'; readonly why: 'limit' | 'base'; readonly at: number } & Seen)
  | ({ readonly event: 'override' } & Override)
  /** A lane that was handed several gates has ended before this one was begun: it is handed out again. */
  | { readonly event: 'give-back'; readonly task: number; readonly lane: number; readonly at: number }
  /** A worker was lost with what it held. */
  | { readonly event: 'lost'; readonly lane: number; readonly why: string; readonly at: number }
  | { readonly event: 'stop'; readonly status: StopStatus; readonly why: string; readonly at: number };
