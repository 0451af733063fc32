import type { Measured } from './grouping';
import { pushAll } from './ready-queue';
import { hasPassed, ItemStatus, type RunState, TaskStatus } from './state';
import type { Workload } from './workload';

/** Changes when a stored state of the one before can no longer be read. */
export const STATE_FORMAT = 1;

/** The state as text, a few bytes an item; what can be derived from the rest is left out. */
export function encodeState(state: RunState): string {
  return JSON.stringify({
    format: STATE_FORMAT,
    generation: state.generation,
    phase: state.phase,
    items: digits(state.items),
    tasks: digits(state.tasks),
    attempts: [...state.attempts.entries()].filter(([, attempts]) => attempts > 0),
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
  if (stored.format !== STATE_FORMAT) {
    throw new Error(
      `the run was recorded in format ${stored.format}; this version reads format ${STATE_FORMAT}`,
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
  tasks.forEach((status, index) => {
    const task = load.tasks[index]!;
    const unfinished =
      status === TaskStatus.ready || status === TaskStatus.running || status === TaskStatus.delayed;
    if (unfinished) unfinishedTasks += 1;
    if (unfinished && task.item < 0) verifying += 1;
    if (status === TaskStatus.ready)
      (items[task.item] === ItemStatus.waiting ? ahead : ready).push(load.rankOf[index]!);
    const isOpen = status !== TaskStatus.passed && !overridden.has(index);
    if (task.item >= 0 && task.blocking && isOpen) openTasks[task.item]! += 1;
  });
  const unmetDeps = Uint32Array.from(load.deps, (deps, item) =>
    items[item] === ItemStatus.waiting || items[item] === ItemStatus.blocked
      ? deps.filter((dep) => !hasPassed(items[dep]!)).length
      : 0,
  );
  return { ready: pushAll(ready), ahead: pushAll(ahead), unmetDeps, openTasks, unfinishedTasks, verifying };
}

/** One character a status; statuses stay below 36. */
const digits = (values: Uint8Array) => Array.from(values, (value) => value.toString(36)).join('');
const fromDigits = (text: string) => Uint8Array.from(text, (digit) => Number.parseInt(digit, 36));
