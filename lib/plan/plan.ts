import type { FreezeWindow } from './freeze';
/** The validated plan: every default filled in, every item with its own effective gates. Plain data. */

/** What a gate result may be reused for: the same tree, the same commit, or nothing. */
export type GateCache = 'tree' | 'commit' | 'off';

/**
 * Where a gate runs: on the machine of the lane, in a container on it, or elsewhere (`ci-service`: `run` only starts
 * the check, whose answer is brought by a callback).
 */
export type Runtime = 'local' | 'container' | 'ci-service';

export interface Gate {
  readonly name: string;
  /** Shell command, run by `/bin/sh -c`. */
  readonly run: string;
  /** Folder of the work tree in which the command runs, relative; `.` is the top. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly runtime: Runtime;
  /** Of a gate in a container. */
  readonly image?: string | undefined;
  /** Glob patterns, relative to `cwd`, of files to keep after the gate. */
  readonly artifacts: readonly string[];
  readonly cache: GateCache;
  /** It runs and is reported, but blocks nothing and is not remembered. */
  readonly flaky?: 'quarantine' | undefined;
}

/** A gate as it applies to one item. */
export interface ItemGate {
  readonly gate: Gate;
  readonly required: boolean;
  /** A blocking gate that fails blocks its item: required, or named in `blockOn`. */
  readonly blocking: boolean;
}

export interface Item {
  readonly name: string;
  readonly branch: string;
  /** Whether the plan names the branch itself, rather than taking the item's name. */
  readonly branchGiven: boolean;
  /** Full commit id that the plan pins the item to. */
  readonly sha: string | undefined;
  readonly deps: readonly string[];
  /** Of items that are equal otherwise, the one with the higher goes first. Default: 0. */
  readonly priority?: number | undefined;
  /** Goes ahead of all that is none and has not started. Default: false. */
  readonly hotfix?: boolean | undefined;
  readonly gates: readonly ItemGate[];
}

export interface Retry {
  readonly maxAttempts: number;
  readonly backoffSeconds: number;
}

export type MergeStrategy = 'merge' | 'squash' | 'rebase';

/** Gates of the woven commit: none, given ones, or (undefined gates) the union of the required gates. */
export type Integration =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'gates';
      readonly gates: readonly Gate[] | undefined;
      readonly maxRetries: number;
      readonly maxProbes: number;
      readonly maxClashProbes: number;
    };

/** As `PerformanceConfig` of the specification; a record of a version before does not say what comes after that. */
export interface Performance {
  readonly maxMemoryMB: number | undefined;
  readonly batchSize: number;
  readonly cacheTTLSeconds: number;
  readonly enableCaching: boolean;
  readonly throttleOnMemory: boolean;
  readonly memoryThresholdPercent: number;
  readonly throttleOnCpu?: boolean | undefined;
  readonly cpuThresholdPercent?: number | undefined;
  readonly throttleOnIo?: boolean | undefined;
  readonly ioThresholdPercent?: number | undefined;
}

/** Who may answer for gates that have not passed; by default nobody. */
export interface Overrides {
  readonly adminGreen: readonly string[];
}

export interface Policy {
  /** `auto`: it follows the load of the machine that runs the gates. */
  readonly maxWorkers: number | 'auto';
  readonly mergeStrategy: MergeStrategy;
  readonly integration: Integration;
  /** The first item that fails ends the run. Default: false. */
  readonly failFast?: boolean | undefined;
  /** When nothing lands. A record of a version before does not say it. */
  readonly freeze?: readonly FreezeWindow[] | undefined;
  /** `deps`: gates may run ahead of the dependencies of their items. A record of a version before does not say it. */
  readonly speculation?: 'off' | 'deps' | undefined;
  readonly overrides?: Overrides | undefined;
  /** By gate name. */
  readonly retries: ReadonlyMap<string, Retry>;
  readonly performance: Performance;
}

export interface Plan {
  /** Absolute path of a repository, or the URL of a remote one. */
  readonly repository: string;
  /** Name of the branch that is merged into, without `refs/heads/`. */
  readonly target: string;
  readonly items: readonly Item[];
  readonly policy: Policy;
}
