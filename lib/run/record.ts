import { isQuarantined } from '../plan/effective-gates';
import { gatesOf } from '../plan/gates-of';
import type { Plan, Retry } from '../plan/plan';
import { urgencyOf } from '../plan/priority';

/** What a run is about, fixed at its start: the plan, the commits it found, the options it was given. */
export interface RunRecord {
  readonly id: string;
  readonly plan: Plan;
  /** False: a dry run, no ref moves. */
  readonly execute: boolean;
  readonly engine: 'local' | 'aws';
  /** Gates run, and that is all. */
  readonly gatesOnly: boolean;
  /** How many gates may run at once. */
  readonly lanes: number;
  /** They are a bound: how many gates run at once follows the load of the machine. */
  readonly adaptive?: true;
  /** Absolute; empty on aws, where logs and reports lie in the run's bucket. */
  readonly artifactFolder: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** What the target named. */
  readonly base: string;
  /** By merge order: the pinned head, and the ref it was read from (null: a commit without a branch). */
  readonly heads: readonly { readonly ref: string | null; readonly sha: string }[];
  /** Positions of items whose branch no longer names the commit that the plan pins. */
  readonly outdated: readonly number[];
  /** Gates that counted as passed from the start: by the item's position, and the gate's among its gates. */
  readonly overrides?: readonly {
    readonly item: number;
    readonly gate: number;
    readonly user: string;
    readonly reason: string;
    readonly by: string | null;
  }[];
  readonly committer: { readonly name: string; readonly email: string };
  /** How long its gates were predicted to take on its lanes, in milliseconds. */
  readonly predictedMs?: number;
  /** What is to be known of how the plan was made; for the report. */
  readonly warnings?: readonly string[];
}

/** Changes when a record of the version before can no longer be read. */
const RECORD_FORMAT = 1;
/** Of a plan that a version which knows only the format before would run as another. */
const WITH_POLICIES = 2;

function formatOf(plan: Plan): number {
  const isPlain =
    !plan.policy.failFast &&
    !plan.policy.freeze?.length &&
    !plan.policy.overrides?.adminGreen.length &&
    plan.items.every((item) => urgencyOf(item) === 0) &&
    ![...gatesOf(plan)].some(isQuarantined);
  return isPlain ? RECORD_FORMAT : WITH_POLICIES;
}

export function encodeRecord(record: RunRecord): string {
  const { policy } = record.plan;
  const plan = { ...record.plan, policy: { ...policy, retries: [...policy.retries] } };
  return JSON.stringify({ format: formatOf(record.plan), ...record, plan });
}

/** @throws Error when the record was written in another format */
export function decodeRecord(text: string): RunRecord {
  const { format, ...record } = JSON.parse(text);
  if (format !== RECORD_FORMAT && format !== WITH_POLICIES) {
    throw new Error(
      `the run was recorded in format ${format}; this version reads formats ${RECORD_FORMAT} and ${WITH_POLICIES}`,
    );
  }
  const { policy } = record.plan;
  const retries: ReadonlyMap<string, Retry> = new Map(policy.retries);
  return { engine: 'local', ...record, plan: { ...record.plan, policy: { ...policy, retries } } };
}
