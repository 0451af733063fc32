import type { Report } from '../../lib/report/report';

/** What can be seen of a run from outside: refs, commits and the report; and what people had asked for. */
export interface Evidence {
  readonly asked: Asked;
  readonly commits: (id: string) => SeenCommit;
  /** Everything that the target has named, the first at the start of the run. */
  readonly target: readonly TargetMove[];
  /** Acts of the fence of the target, in order. */
  readonly fence: readonly { readonly run: string; readonly act: string }[];
  /** Somebody was told that the run is cancelled, when the target had so many entries. */
  readonly cancelledAt: number | undefined;
  readonly report: Report;
  /** How often whoever ran gates may have been lost with what it had in hand. */
  readonly interruptions: number;
}

export interface SeenCommit {
  readonly parents: readonly string[];
  readonly files: ReadonlyMap<string, string>;
  readonly message: string;
}

export interface TargetMove {
  readonly commit: string;
  /** The run that moved it; undefined: somebody else. */
  readonly run?: string | undefined;
  /** Items whose branch certainly named another commit than the pinned one, or nothing, by then. */
  readonly movedHeads?: readonly string[] | undefined;
}

/** What people had asked for and how the world is. */
export interface Asked {
  /** What the target named when the branches were made. */
  readonly base: string;
  readonly items: readonly AskedItem[];
  readonly strategy: 'merge' | 'squash' | 'rebase';
  readonly maxAttempts: number;
  /** Undefined: the default. */
  readonly maxRetries: number | undefined;
  readonly failFast: boolean;
  /** Whether probes are as many as may be needed. */
  readonly canSearch: boolean;
  /** Items whose branch was moved at some time. */
  readonly moved: readonly string[];
  /** Items that change what others change, too. */
  readonly conflicting: readonly string[];
  readonly allowed: readonly string[];
  /** Names of the gates of verification. */
  readonly integration: readonly string[];
  /** What a gate says of files; `flaky`: it may fail before it passes. */
  readonly truth: (
    item: string | undefined,
    gate: string,
    files: ReadonlyMap<string, string>,
  ) => 'pass' | 'fail' | 'timeout' | 'flaky';
}

export interface AskedItem {
  readonly name: string;
  readonly deps: readonly string[];
  /** What its branch named at the start. */
  readonly head: string;
  readonly gates: readonly { readonly name: string; readonly blocking: boolean }[];
}
