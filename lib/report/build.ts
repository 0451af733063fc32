import type { HeldSeconds } from '../engine/watch-load';
import type { CacheStatistics } from '../performance/operation-cache';
import { isQuarantined } from '../plan/effective-gates';
import { frozenUntil } from '../plan/freeze';
import type { OrderedPlan } from '../plan/order';
import type { Gate } from '../plan/plan';
import type { GateResult, RunEvent } from '../run/messages';
import type { RunRecord } from '../run/record';
import { ItemStatus, isFailure, type RunState, TaskStatus } from '../run/state';
import { overrideOf } from '../run/waived';
import type { Workload } from '../run/workload';
import { reportExecutions } from './executions';
import { alreadyThere } from './facts';
import { reportHeld } from './held';
import { evictionOf } from './integration-failure';
import { blame, blockedPath, readHistory, wasTested } from './outcome';
import { reasonOf, type Told } from './reason';
import { overallStatus, type Report, type ReportGate, type ReportItem } from './report';
import { sharedFailureOf } from './shared-failure';
import { urgenciesOf } from './urgency';
import { whyOf } from './why';
import { reportWorkers } from './workers';

export interface ReportInput {
  readonly record: RunRecord;
  readonly ordered: OrderedPlan;
  readonly load: Workload;
  readonly state: RunState;
  readonly events: readonly RunEvent[];
  /** The woven commit's tree; undefined where nothing was woven. */
  readonly wovenTree: string | undefined;
  readonly wovenRef: string | null;
  /** Absolute path of the repository that has the weave; undefined where it is nowhere that people could look. */
  readonly wovenIn?: string;
  readonly cache: Readonly<Record<string, CacheStatistics>>;
  /** Of the process that ended the run; undefined where nothing throttles. */
  readonly heldSeconds?: HeldSeconds;
  readonly endedAt: number;
}

/**
 * The report of a run that has ended, made from its plan, its last state and its events; without the metrics,
 * some of which count what is in it.
 */
export function buildReport(input: ReportInput): Omit<Report, 'metrics'> {
  const { record, ordered, load, state, events } = input;
  const history = readHistory(load, events);
  const told: Told = { record, ordered, load, state, history, through: blame(load, state, history) };
  const urgencies = urgenciesOf(ordered.items);
  const items = ordered.items.map((_, item) => ({ ...reportItem(told, item), ...urgencies[item] }));
  const landed = told.history.landings.findLast(({ result }) => result.kind === 'landed');
  const report: Omit<Report, 'metrics'> = {
    schemaVersion: 'v1',
    runId: record.id,
    status: overallStatus(items, state.stopping === ItemStatus.cancelled),
    dryRun: !record.execute,
    speculation: record.plan.policy.speculation ?? 'off',
    gatesOnly: record.gatesOnly,
    engine: record.engine,
    target: {
      ref: `refs/heads/${record.plan.target}`,
      before: record.base,
      after: targetAfter(told),
    },
    integration: reportIntegration(told, input),
    maxWorkers: Math.max(record.lanes, lanesUsed(events)),
    ...(record.adaptive && { workers: reportWorkers(events, input.endedAt) }),
    startedAt: iso(record.startedAt),
    endedAt: iso(input.endedAt),
    predictedSeconds: record.predictedMs === undefined ? null : record.predictedMs / 1000,
    executions: reportExecutions(load, state, events),
    sharedFailure: sharedFailureOf(items, record.plan.target, (item, gate) => gateOf(load, item, gate)),
    held: reportHeld(input),
    cache: { ...input.cache },
    warnings: [
      ...(record.warnings ?? []),
      ...freezeWarnings(input),
      ...(landed?.result.kind === 'landed' ? landed.result.warnings : []),
    ],
    alreadyThere: alreadyThere({ items, gatesOnly: record.gatesOnly }).length,
    items,
  };
  return { ...report, items: withReasons(report) };
}

const withReasons = (report: Omit<Report, 'metrics'>): ReportItem[] => {
  const named = new Map(report.items.map((item) => [item.name, item]));
  return report.items.map((item) => ({ ...item, why: whyOf(report, item, named).sentences.join('\n') }));
};

/** When the landing had to wait, or would have to now. */
function freezeWarnings({ record, events, endedAt }: ReportInput): string[] {
  const waited = events.flatMap((event) =>
    event.event === 'hold'
      ? [
          `the landing waited ${event.until === null ? 'while paused' : `until ${iso(event.until)}`}: ${event.why}`,
        ]
      : [],
  );
  const frozen = record.execute ? undefined : frozenUntil(record.plan.policy.freeze ?? [], endedAt);
  const now = `frozen: a landing would wait until ${frozen && iso(frozen.until)} (${frozen?.reason})`;
  return frozen === undefined || record.gatesOnly ? waited : [...waited, now];
}

/** A run that was resumed may have had more lanes before. */
function lanesUsed(events: readonly RunEvent[]): number {
  return events.reduce(
    (lanes, event) => (event.event === 'start' ? Math.max(lanes, event.lane + 1) : lanes),
    0,
  );
}

/** What the target named when this run last saw it. */
function targetAfter({ state, history }: Told): string {
  const last = history.landings.at(-1)?.result;
  if (last?.kind === 'landed') return state.weave.tip.linear;
  return last?.kind === 'target-moved' ? last.now : state.weave.base;
}

function reportItem(told: Told, item: number): ReportItem {
  const { record, ordered, load, state, history } = told;
  const { name, branch } = ordered.items[item]!;
  const status = statusOf(state.items[item]!, load);
  const gates = tasksOf(load, item).map((task) => reportGate(told, task));
  const results = tasksOf(load, item).flatMap((task) => history.attempts.get(task) ?? []);
  const path = blockedPath(told.through, state, item).map((at) => ordered.items[at]!.name);
  const blocked = status === 'blocked';
  const woven = history.merges.get(item)?.result;
  const ran = results.filter(wasTested);
  const changedAt = history.changedAt.get(item);
  return {
    name,
    branch,
    deps: ordered.deps[item]!.map((dep) => ordered.items[dep]!.name),
    status,
    reason: reasonOf(told, item),
    blockedBy: blocked ? (path.at(-1) ?? null) : null,
    path: blocked ? path : [],
    head: record.heads[item]!.sha,
    candidate: results.findLast(({ candidate }) => candidate !== undefined)?.candidate ?? null,
    mergeCommit: status === 'merged' && woven?.kind === 'woven' ? woven.tip.linear : null,
    readyAt: isoOrNull(history.readyAt.get(item)),
    startedAt: ran.length === 0 ? null : iso(Math.min(...ran.map(({ startedAt }) => startedAt))),
    endedAt: isoOrNull(changedAt),
    gates,
    eviction: reportEviction(told, item),
    ...(status === 'failed' && woven?.kind === 'conflict' && { conflictsWith: [...woven.with] }),
  };
}

const gateOf = (load: Workload, item: number, name: string): Gate =>
  load.tasks[tasksOf(load, item).find((task) => load.tasks[task]!.gate.name === name)!]!.gate;

function reportEviction(told: Told, item: number): ReportItem['eviction'] {
  const eviction = evictionOf(told, item);
  if (eviction === undefined) return null;
  const { task, results, after, clash } = eviction;
  const name = (at: number) => told.ordered.items[at]!.name;
  return {
    gate: reportGate(told, task, results),
    passesWith: after < 0 ? null : name(after),
    clashesWith: clash.map(name),
  };
}

function reportGate(
  { record, load, state, history }: Told,
  task: number,
  all: readonly (GateResult & { readonly lane: number })[] = history.attempts.get(task) ?? [],
): ReportGate {
  const { gate, required, blocking } = load.tasks[task]!;
  const results = all.filter(wasTested);
  const last = results.at(-1);
  const executed = results.filter(({ cached }) => !cached);
  return {
    name: gate.name,
    required,
    blocking,
    quarantined: isQuarantined(gate),
    status: last === undefined ? 'skipped' : gateStatus(last),
    attempts: executed.length,
    flaky: last?.outcome === 'pass' && results.length > 1,
    cached: last?.cached ?? false,
    cacheMiss: cacheMissOf(record, gate, last),
    lane: last === undefined || last.cached ? null : last.lane,
    startedAt: isoOrNull(last?.startedAt),
    endedAt: isoOrNull(last?.endedAt),
    exitCode: last?.exitCode ?? null,
    signal: last?.signal ?? null,
    log: last?.log ?? null,
    artifacts: [...(last?.artifacts ?? [])],
    note: noteOf(last, state.tasks[task] === TaskStatus.skipped),
    override: reportOverride(state, task),
  };
}

function cacheMissOf({ plan }: RunRecord, gate: Gate, last: GateResult | undefined) {
  if (last === undefined || last.cached) return null;
  const isOff = gate.cache === 'off' || isQuarantined(gate) || !plan.policy.performance.enableCaching;
  if (isOff) return ['off' as const];
  return last.missed === undefined ? null : [...last.missed];
}

function reportOverride(state: RunState, task: number): ReportGate['override'] {
  const override = overrideOf(state, task);
  if (override === undefined) return null;
  const { user, reason, by, at } = override;
  return { user, reason, at: iso(at), by };
}

function reportIntegration(told: Told, { wovenTree, wovenRef, wovenIn }: ReportInput): Report['integration'] {
  const { load, state } = told;
  if (wovenTree === undefined) return null;
  const first = load.firstTask[state.items.length]!;
  const tasks = load.tasks.slice(first, load.firstProbe).map((_, index) => first + index);
  return {
    ref: wovenRef,
    commit: state.weave.tip.linear,
    tree: wovenTree,
    ...(wovenIn !== undefined && { repository: wovenIn }),
    gates: tasks
      .filter((task) => state.tasks[task] !== TaskStatus.idle && state.tasks[task] !== TaskStatus.skipped)
      .map((task) => reportGate(told, task)),
  };
}

function statusOf(status: number, { gatesOnly }: Workload): ReportItem['status'] {
  if (status === ItemStatus.woven || status === ItemStatus.present) return 'merged';
  if (gatesOnly && status === ItemStatus.passed) return 'merged';
  if (status === ItemStatus.blocked) return 'blocked';
  if (status === ItemStatus.cancelled) return 'cancelled';
  return isFailure(status) ? 'failed' : 'skipped';
}

const gateStatus = ({ outcome }: GateResult): ReportGate['status'] =>
  outcome === 'pass' || outcome === 'fail' || outcome === 'timeout' ? outcome : 'skipped';

function noteOf(last: GateResult | undefined, skipped: boolean): string | null {
  if (last?.note !== undefined) return last.note;
  return skipped && last === undefined ? 'not needed any more' : null;
}

function tasksOf(load: Workload, item: number): number[] {
  const first = load.firstTask[item]!;
  return Array.from({ length: load.firstTask[item + 1]! - first }, (_, index) => first + index);
}

const iso = (ms: number) => new Date(ms).toISOString();
const isoOrNull = (ms: number | undefined) => (ms === undefined ? null : iso(ms));
