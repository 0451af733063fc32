/** What a run tells while it goes on, and who shows it. Times are ms since the epoch. */

export type ProgressPhase = 'gates' | 'weave' | 'verify' | 'bisect' | 'land' | 'done';

/** Where the run stands. */
export interface ProgressView {
  readonly phase: ProgressPhase;
  readonly startedAt: number;
  readonly now: number;
  readonly items: {
    readonly total: number;
    /** Every blocking gate passed; merged, once the run has landed. */
    readonly passed: number;
    readonly failed: number;
    readonly blocked: number;
    readonly running: number;
    readonly waiting: number;
  };
  readonly gates: {
    readonly total: number;
    readonly done: number;
    readonly running: number;
    /** Those of `done` whose result came from the cache. */
    readonly cached: number;
  };
  /** What each lane does, null where it waits for work. An item of null is the woven commit. */
  readonly lanes: readonly ({
    readonly item: string | null;
    readonly gate: string;
    readonly since: number;
  } | null)[];
  readonly timeLeftMs: number | undefined;
}

interface Worker {
  /** From 0, as in the report. */
  readonly lane: number;
  /** How many lanes are at work now. */
  readonly active: number;
}

/** What has just happened. An item of null is the woven commit. */
export type ProgressEvent =
  | ({
      readonly kind: 'gate-start';
      readonly item: string | null;
      readonly gate: string;
      /** From 1. */
      readonly attempt: number;
    } & Worker)
  | ({
      readonly kind: 'gate-end';
      readonly item: string | null;
      readonly gate: string;
      readonly status: 'pass' | 'fail' | 'timeout' | 'skipped';
      readonly ms: number;
      readonly cached: boolean;
      readonly attempt: number;
    } & Worker)
  | {
      readonly kind: 'item-end';
      readonly item: string;
      readonly status: 'merged' | 'failed' | 'blocked' | 'skipped' | 'cancelled';
      readonly reason: string | null;
      /** No ref is to move: `merged` then means would merge. */
      readonly dryRun?: true;
    }
  | { readonly kind: 'phase'; readonly phase: ProgressPhase }
  | { readonly kind: 'note'; readonly text: string };

/** Shows the progress of one run. */
export interface ProgressSink {
  event(event: ProgressEvent): void;
  /** Left out by who shows events only: a view takes a look at all gates. */
  update?(view: ProgressView): void;
  /** Writes finished lines, such as those of a logger, as they are; never over or under the display. */
  write(text: string): void;
  /** Takes the display away; nothing is shown afterwards. */
  end(): void;
}
