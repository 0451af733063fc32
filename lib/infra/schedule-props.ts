/** A plan that lies on the machine that deploys; it is stored with the stack, and is the same each time. */
export interface StoredPlan {
  /** Its path. The plan names its `repository`. */
  readonly file: string;
}

/** A plan that is made afresh each time, of the branches that there are then: docs/planning.md. */
export interface BranchesPlan {
  readonly from: 'branches';
  /** URL: `https://…`. */
  readonly repository: string;
  /** @default 'main' */
  readonly target?: string;
  /** Patterns as for `git branch --list`. @default all branches that the target does not contain */
  readonly branches?: readonly string[];
  /** `NAME=COMMAND`. @default what the files of the target suggest */
  readonly gates?: readonly string[];
  /** Whether branches that change a same file wait for one another. @default no */
  readonly infer?: 'overlap';
  /** Whether to merge without any gate, where none are given or suggested. @default no: such a run is refused */
  readonly ungated?: 'allow';
}

/** Runs that start by themselves. */
export interface ScheduleProps {
  /** Unique in the stack; the runs' ids begin with it. A letter, then up to 31 letters, digits, `-` and `_`. */
  readonly name: string;
  /** As EventBridge Scheduler has it: `rate(1 hour)`, `cron(0 3 ? * MON-FRI *)`, `at(2026-12-24T18:00:00)`. */
  readonly expression: string;
  /** IANA name of the time zone of the expression. @default 'UTC' */
  readonly timezone?: string;
  readonly plan: StoredPlan | BranchesPlan;
  /**
   * Whether what passes LANDS on the target, with nobody there to ask. False: a dry run.
   * @default true
   */
  readonly execute?: boolean;
  /** Lanes of the run. @default as the plan says */
  readonly maxWorkers?: number;
  /**
   * What to do where another run on the target goes on or waits: wait behind it, or not start at all.
   * @default 'queue'
   */
  readonly whenBusy?: 'queue' | 'skip';
  /** @default true */
  readonly enabled?: boolean;
}
