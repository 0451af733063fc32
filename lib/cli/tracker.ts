import type { OrderedPlan } from '../plan/order';
import { itemEnds } from '../run/item-end';
import type { RunEvent } from '../run/messages';
import { ItemStatus, isFailure, type RunState, TaskStatus } from '../run/state';
import type { Workload } from '../run/workload';
import { SHOWN_PHASE } from './progress/phase';
import type { ProgressSink, ProgressView } from './progress/progress';
import { timeLeft } from './progress/time-left';

/** Turns the commits of a run into what a progress sink shows. */
export function trackProgress(
  load: Workload,
  ordered: OrderedPlan,
  startedAt: number,
  sink: ProgressSink,
): (events: readonly RunEvent[], state: RunState) => void {
  const finished = new Map<string, { count: number; totalMs: number }>();
  const startOf = new Map<number, number>();
  let cached = 0;
  let shownAt = 0;
  /** Tasks in hand by lane; what was in hand before a take-over is nobody's any more. */
  const inHand = new Map<number, Set<number>>();
  const heldBy = new Map<number, number>();
  const release = (task: number) => {
    const lane = heldBy.get(task) ?? -1;
    heldBy.delete(task);
    const tasks = inHand.get(lane);
    if (tasks?.delete(task) && tasks.size === 0) inHand.delete(lane);
  };
  let generation = 0;
  const nameOf = (item: number) => (item < 0 ? null : ordered.items[item]!.name);

  const tell = (event: RunEvent, state: RunState): void => {
    if (event.event === 'start') {
      startOf.set(event.task, event.at);
      const { item, gate } = load.tasks[event.task]!;
      const { attempt, lane } = event;
      // After a take-over it may be with another lane than before.
      release(event.task);
      inHand.set(lane, (inHand.get(lane) ?? new Set()).add(event.task));
      heldBy.set(event.task, lane);
      const active = inHand.size;
      sink.event({ kind: 'gate-start', item: nameOf(item), gate: gate.name, attempt, lane, active });
    } else if (event.event === 'phase') {
      sink.event({
        kind: 'phase',
        phase: event.round > 1 && event.phase === 'weave' ? 'weave' : SHOWN_PHASE[event.phase],
      });
      const left = event.phase === 'done' && state.stopping === undefined ? state.unfinishedTasks : 0;
      const gates = left === 1 ? 'one gate is' : `${left} gates are`;
      if (left > 0)
        sink.event({ kind: 'note', text: `all items are decided; ${gates} left, for the report` });
    } else if (event.event === 'result' && event.kind === 'gate') {
      const { item, gate } = load.tasks[event.task]!;
      const ms = event.endedAt - event.startedAt;
      const { attempt, outcome, lane } = event;
      release(event.task);
      const status = outcome === 'pass' || outcome === 'fail' || outcome === 'timeout' ? outcome : 'skipped';
      if (event.cached) cached += 1;
      else if (status !== 'skipped') {
        const { count, totalMs } = finished.get(gate.name) ?? { count: 0, totalMs: 0 };
        finished.set(gate.name, { count: count + 1, totalMs: totalMs + ms });
      }
      sink.event({
        kind: 'gate-end',
        item: nameOf(item),
        gate: gate.name,
        status,
        ms,
        cached: event.cached ?? false,
        attempt,
        lane,
        active: inHand.size,
      });
    } else if (event.event === 'give-back') release(event.task);
    else if (event.event === 'hold') {
      const text =
        event.until === null
          ? `paused: nothing lands until lex-pr unpause (${event.why})`
          : `frozen: nothing lands until ${new Date(event.until).toISOString()} (${event.why})`;
      sink.event({ kind: 'note', text });
    } else if (event.event === 'pause') {
      sink.event({ kind: 'note', text: `paused ${event.why}: gates go on, nothing lands` });
    } else if (event.event === 'unpause') {
      sink.event({ kind: 'note', text: 'no longer paused' });
    } else if (event.event === 'probe') {
      sink.event({ kind: 'note', text: probeText(event, nameOf) });
    } else if (event.event === 'override') {
      const { item, gate } = load.tasks[event.task]!;
      const text = `${gate.name} of ${nameOf(item)} counts as passed: ${event.user} answers for it, ${event.reason}`;
      sink.event({ kind: 'note', text });
    } else if (event.event === 'lost') {
      inHand.delete(event.lane);
      sink.event({ kind: 'note', text: `lane ${event.lane} was lost with what it held: ${event.why}` });
    } else if (event.event === 'stop') {
      sink.event({ kind: 'note', text: `the run is ended before its time: ${event.why}` });
    }
    for (const { item, status, reason } of itemEnds(event, state)) {
      const end = { kind: 'item-end', item: ordered.items[item]!.name, status, reason } as const;
      sink.event(status === 'merged' && !load.execute ? { ...end, dryRun: true } : end);
    }
  };

  return (events, state) => {
    if (state.generation !== generation) inHand.clear();
    generation = state.generation;
    for (const event of events) tell(event, state);
    if (sink.update === undefined) return;
    const now = Date.now();
    // A look at all gates at most every 20 µs a gate, so that a large plan is not slowed down by being watched.
    if (now - shownAt < state.tasks.length / 50 && state.phase !== 'done') return;
    shownAt = now;
    sink.update(viewOf(load, ordered, state, { startedAt, now, finished, startOf, cached }));
  };
}

function probeText(probe: { upTo: number; with?: number }, nameOf: (item: number) => string | null): string {
  const prefix = probe.upTo < 0 ? 'the target' : `the weave up to ${nameOf(probe.upTo)}`;
  return probe.with === undefined
    ? `looking for what breaks the weave: verifying ${prefix}`
    : `${nameOf(probe.with)} breaks the weave; looking for whom it clashes with: verifying it on ${prefix}`;
}

interface Seen {
  readonly startedAt: number;
  readonly now: number;
  readonly finished: ReadonlyMap<string, { readonly count: number; readonly totalMs: number }>;
  readonly startOf: ReadonlyMap<number, number>;
  readonly cached: number;
}

function viewOf(load: Workload, ordered: OrderedPlan, state: RunState, seen: Seen): ProgressView {
  const lanes = state.lanes.map(({ work }) => {
    const task = work?.kind === 'gates' ? work.tasks[0]?.task : undefined;
    if (task === undefined) return null;
    const { item, gate } = load.tasks[task]!;
    const since = seen.startOf.get(task) ?? seen.now;
    return { item: item < 0 ? null : ordered.items[item]!.name, gate: gate.name, since };
  });
  const running = lanes.flatMap((lane) =>
    lane === null ? [] : [{ gate: lane.gate, elapsedMs: seen.now - lane.since }],
  );
  const waiting = new Map<string, number>();
  let done = 0;
  load.tasks.slice(0, load.firstProbe).forEach(({ item, gate }, task) => {
    const status = state.tasks[task]!;
    if (status >= TaskStatus.passed) done += 1;
    else if (status !== TaskStatus.running && item >= 0)
      waiting.set(gate.name, (waiting.get(gate.name) ?? 0) + 1);
  });
  const count = (matches: (status: number) => boolean) => state.items.filter(matches).length;
  const atWork = new Set(lanes.flatMap((lane) => (lane?.item == null ? [] : [lane.item]))).size;
  const open = count((s) => s <= ItemStatus.open);
  return {
    phase: SHOWN_PHASE[state.phase],
    startedAt: seen.startedAt,
    now: seen.now,
    items: {
      total: state.items.length,
      passed: count((s) => s === ItemStatus.passed || s === ItemStatus.woven || s === ItemStatus.present),
      failed: count(isFailure),
      blocked: count((s) => s === ItemStatus.blocked),
      running: Math.min(atWork, open),
      waiting: Math.max(0, open - atWork),
    },
    gates: { total: load.firstProbe, done, running: running.length, cached: seen.cached },
    lanes,
    timeLeftMs: timeLeft({
      finished: seen.finished,
      waiting,
      running,
      lanes: state.limit,
      longestChain: longestChain(load, state),
    }),
  };
}

/** The most gates that have not started and must run one after another; gates of one item run side by side. */
function longestChain(load: Workload, state: RunState): number {
  const chain = new Array<number>(load.deps.length).fill(0);
  let longest = 0;
  for (let item = load.deps.length - 1; item >= 0; item--) {
    let behind = 0;
    for (const dependent of load.dependents[item]!) behind = Math.max(behind, chain[dependent]!);
    const first = load.firstTask[item]!;
    const toStart = state.tasks
      .subarray(first, load.firstTask[item + 1]!)
      .some((status) => status < TaskStatus.running);
    chain[item] = behind + (toStart ? 1 : 0);
    longest = Math.max(longest, chain[item]!);
  }
  return longest;
}
