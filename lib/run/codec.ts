import { fromDigits, toDigits } from './digits';
import type { Measured } from './grouping';
import { pushAll } from './ready-queue';
import { hasPassed, ItemStatus, type RunState, TaskStatus } from './state';
import type { Workload } from './workload';

/** Changes when a version before can no longer read what this one stores. It reads what they have stored. */
export const STATE_FORMAT = 2;

/**
 * The state as text, a few bytes an item; what can be derived from the rest is left out. What is long comes first and
 * keeps its length, so that stores can write what has changed alone; and nothing in it has to be escaped, so that it
 * need not be looked at.
 */
export function encodeState(state: RunState): string {
  const { generation, phase } = state;
  const first = JSON.stringify({ format: STATE_FORMAT, generation, phase });
  const long = `"items":"${toDigits(state.items)}","tasks":"${toDigits(state.tasks)}"`;
  const last = JSON.stringify({
    attempts: unusualAttempts(state),
    losses: [...state.losses],
    stopping: state.stopping,
    delayed: state.delayed,
    lanes: state.lanes,
    paused: state.paused,
    window: state.window,
    ...(state.limit !== state.lanes.length && { limit: state.limit }),
    weave: state.weave,
    ...(state.overrides.length > 0 && { overrides: state.overrides }),
    ...(state.measured.length > 0 && { measured: state.measured }),
  });
  return `${first.slice(0, -1)},${long},${last.slice(1)}`;
}

/** What has an end has had one attempt, as a rule, and everything else none. */
const usualAttempts = (status: number) =>
  status === TaskStatus.passed || status === TaskStatus.failed ? 1 : 0;

function unusualAttempts({ tasks, attempts }: RunState): [number, number][] {
  const unusual: [number, number][] = [];
  for (let task = 0; task < tasks.length; task++)
    if (attempts[task] !== usualAttempts(tasks[task]!)) unusual.push([task, attempts[task]!]);
  return unusual;
}

/** Whether a run may still land: not taken over since that generation, and not to be stopped. */
export function mayLand(text: string, generation: number): boolean {
  const stored = JSON.parse(text);
  return stored.generation === generation && stored.phase === 'land' && stored.stopping === undefined;
}

/** Whether the run is to end before its time. */
export function isStopped(text: string): boolean {
  return JSON.parse(text).stopping !== undefined;
}

/** @throws Error when the text is of another format, or belongs to another plan */
export function decodeState(load: Workload, text: string): RunState {
  const stored = JSON.parse(text);
  if (stored.format !== STATE_FORMAT && stored.format !== 1) {
    throw new Error(
      `the run was recorded in format ${stored.format}; this version reads formats 1 to ${STATE_FORMAT}`,
    );
  }
  const items = fromDigits(stored.items);
  const recorded = fromDigits(stored.tasks);
  // The version before had no probes.
  if (
    items.length !== load.deps.length ||
    (recorded.length !== load.tasks.length && recorded.length !== load.firstProbe)
  ) {
    throw new Error('the recorded state does not fit the recorded plan');
  }
  const tasks = new Uint8Array(load.tasks.length);
  tasks.set(recorded);
  const attempts = new Uint16Array(tasks.length);
  // Format 1 lists all of them.
  if (stored.format !== 1)
    for (let task = 0; task < tasks.length; task++) attempts[task] = usualAttempts(tasks[task]!);
  for (const [task, count] of stored.attempts) attempts[task] = count;
  const overrides: RunState['overrides'] = stored.overrides ?? [];
  return {
    generation: stored.generation,
    phase: stored.phase,
    items,
    tasks,
    attempts,
    losses: new Map(stored.losses),
    stopping: stored.stopping,
    delayed: stored.delayed,
    lanes: stored.lanes.map((lane: RunState['lanes'][number]) => ({ ...lane, work: lane.work })),
    paused: stored.paused,
    window: stored.window ?? stored.lanes.length,
    limit: stored.limit ?? stored.lanes.length,
    weave: {
      baseTree: undefined,
      lost: 0,
      probes: 0,
      held: undefined,
      search: undefined,
      known: undefined,
      ...stored.weave,
    },
    overrides,
    measured: (stored.measured ?? []).map((each: Measured | null) => each ?? undefined),
    ...derive(load, items, tasks, new Set(overrides.map(({ task }) => task))),
  };
}

/** What `RunState` keeps beside the stored fields, computed from them. */
function derive(load: Workload, items: Uint8Array, tasks: Uint8Array, overridden: ReadonlySet<number>) {
  const ready: number[] = [];
  const ahead: number[] = [];
  const openTasks = new Uint16Array(items.length);
  let unfinishedTasks = 0;
  let verifying = 0;
  for (let index = 0; index < tasks.length; index++) {
    const status = tasks[index]!;
    const task = load.tasks[index]!;
    const unfinished =
      status === TaskStatus.ready || status === TaskStatus.running || status === TaskStatus.delayed;
    if (unfinished) unfinishedTasks += 1;
    if (unfinished && task.item < 0) verifying += 1;
    if (status === TaskStatus.ready)
      (items[task.item] === ItemStatus.waiting ? ahead : ready).push(load.rankOf[index]!);
    const isOpen = status !== TaskStatus.passed && !overridden.has(index);
    if (task.item >= 0 && task.blocking && isOpen) openTasks[task.item]! += 1;
  }
  const unmetDeps = new Uint32Array(items.length);
  for (let item = 0; item < items.length; item++)
    if (items[item] === ItemStatus.waiting || items[item] === ItemStatus.blocked)
      for (const dep of load.deps[item]!) if (!hasPassed(items[dep]!)) unmetDeps[item]! += 1;
  return { ready: pushAll(ready), ahead: pushAll(ahead), unmetDeps, openTasks, unfinishedTasks, verifying };
}
