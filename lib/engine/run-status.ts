import { orderPlan } from '../plan/order';
import { decodeState } from '../run/codec';
import { type Held, heldBy, type ShownHold, shownHold } from '../run/hold';
import type { RunEvent } from '../run/messages';
import { decodeRecord } from '../run/record';
import { ItemStatus, isFailure, type RunState } from '../run/state';
import type { StoredRun } from '../run/store';
import { createWorkload } from '../run/workload';

export interface RunStatus {
  readonly runId: string;
  /**
   * `held`: all that is left is its landing, which waits for the end of a pause or a freeze. `cancelling`: it is to end,
   * and nothing of it lands, unless its landing is faster.
   */
  readonly status: 'running' | 'held' | 'interrupted' | 'cancelling' | 'cancelled' | 'ended';
  /** Whether somebody carries it now: a process, or an execution on AWS. */
  readonly alive: boolean;
  readonly phase: RunState['phase'];
  /** What its landing waits for, as in the queue. */
  readonly held: ShownHold | null;
  /** Until when nothing lands, where the landing waits for that; ISO 8601. */
  readonly frozenUntil: string | null;
  /** By whom its landing is held, and what for. */
  readonly paused: string | null;
  readonly dryRun: boolean;
  readonly target: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Missing where the files of the run are not on this machine. */
  readonly artifactFolder?: string;
  readonly items: Readonly<
    Record<
      'total' | 'waiting' | 'open' | 'passed' | 'woven' | 'failed' | 'blocked' | 'skipped' | 'cancelled',
      number
    >
  >;
  /** What runs now, `item: gate`; nothing where nobody carries the run. */
  readonly running: readonly string[];
  /** The same, and since when. */
  readonly gates: readonly RunningGate[];
}

export interface RunningGate {
  /** Null: the woven commit. */
  readonly item: string | null;
  readonly gate: string;
  /** ISO 8601; null where that is not known. */
  readonly since: string | null;
}

/**
 * How far a run is.
 * @param text its state, as it is stored
 * @param events what has happened in it; left out, it is not known since when gates run
 * @throws Error when record or state are of another format
 */
export function runStatus(
  run: StoredRun,
  text: string,
  alive: boolean,
  events: readonly RunEvent[] = [],
): RunStatus {
  const record = decodeRecord(run.record);
  const { plan } = record;
  const ordered = orderPlan(plan);
  const load = createWorkload(ordered, plan.policy, record);
  const state = decodeState(load, text);
  const held = heldBy(load, state, Date.now());
  const gates = (alive ? state.lanes : []).flatMap(({ work }) =>
    work?.kind === 'gates'
      ? work.tasks.map(({ task, attempt }): RunningGate => {
          const { item, gate } = load.tasks[task]!;
          const started = events.findLast(
            (event) => event.event === 'start' && event.task === task && event.attempt === attempt,
          );
          const since = started?.event === 'start' ? new Date(started.at).toISOString() : null;
          return { item: item < 0 ? null : ordered.items[item]!.name, gate: gate.name, since };
        })
      : [],
  );
  return {
    runId: run.id,
    status: statusOf(run, state, alive, held !== undefined),
    alive,
    phase: state.phase,
    held: held === undefined ? null : shownHold(held),
    frozenUntil: held?.until === undefined ? null : new Date(held.until).toISOString(),
    paused: state.paused?.why ?? null,
    dryRun: !record.execute,
    target: plan.target,
    startedAt: new Date(record.startedAt).toISOString(),
    endedAt: run.endedAt === undefined ? null : new Date(run.endedAt).toISOString(),
    ...(record.artifactFolder !== '' && { artifactFolder: record.artifactFolder }),
    items: countItems(state),
    running: gates.map(({ item, gate }) => `${item ?? 'integration'}: ${gate}`),
    gates,
  };
}

/** What keeps the landing of a run now, whoever carries it. @throws Error as `runStatus` */
export function heldNow(run: StoredRun, text: string): Held | undefined {
  const record = decodeRecord(run.record);
  const load = createWorkload(orderPlan(record.plan), record.plan.policy, record);
  return heldBy(load, decodeState(load, text), Date.now());
}

function statusOf(
  { endedAt }: StoredRun,
  { stopping }: RunState,
  alive: boolean,
  held: boolean,
): RunStatus['status'] {
  if (stopping === ItemStatus.cancelled) return endedAt === undefined ? 'cancelling' : 'cancelled';
  if (endedAt !== undefined) return 'ended';
  if (!alive) return 'interrupted';
  return held ? 'held' : 'running';
}

function countItems({ items }: RunState): RunStatus['items'] {
  const count = (matches: (status: number) => boolean) => items.filter(matches).length;
  const cancelled = count((s) => s === ItemStatus.cancelled);
  return {
    total: items.length,
    waiting: count((s) => s === ItemStatus.waiting),
    open: count((s) => s === ItemStatus.open),
    passed: count((s) => s === ItemStatus.passed),
    woven: count((s) => s === ItemStatus.woven || s === ItemStatus.present),
    failed: count(isFailure) - cancelled,
    blocked: count((s) => s === ItemStatus.blocked),
    skipped: count((s) => s === ItemStatus.failFast),
    cancelled,
  };
}
