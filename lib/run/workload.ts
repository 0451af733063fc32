import { isQuarantined } from '../plan/effective-gates';
import type { OrderedPlan } from '../plan/order';
import type { Gate, Policy } from '../plan/plan';
import { inheritUrgency } from '../plan/priority';
import type { RunRecord } from './record';

/** One gate to run: of an item, or (item −1) of the woven commit. */
export interface Task {
  /** Position in merge order, or −1 for verification. */
  readonly item: number;
  readonly gate: Gate;
  readonly required: boolean;
  /** A failure of it blocks: the item, or the landing. */
  readonly blocking: boolean;
  readonly maxAttempts: number;
  readonly backoffMs: number;
  /** How many gates of verification before it have the same name, but another definition. */
  readonly namesakes: number;
}

/** Everything about a run that never changes while it goes on. Items and tasks are numbers from 0. */
export interface Workload {
  /** By item, in merge order: positions of direct dependencies and dependents. */
  readonly deps: readonly (readonly number[])[];
  readonly dependents: readonly (readonly number[])[];
  /** Tasks of item 0, of item 1, …, then those of verification. */
  readonly tasks: readonly Task[];
  /** Tasks of item i are firstTask[i] … firstTask[i + 1] − 1; verification starts at firstTask[items]. */
  readonly firstTask: readonly number[];
  /** For each verification task the items that ask for it; undefined means any item. */
  readonly askedBy: readonly (ReadonlySet<number> | undefined)[];
  /** rankOf[task] is its place in the line for a lane, and taskAt its inverse. */
  readonly rankOf: readonly number[];
  readonly taskAt: readonly number[];
  readonly batchSize: number;
  /** How often a weave may be made anew because the target moved. */
  readonly maxRetries: number;
  readonly execute: boolean;
  /** Items are done once their gates have passed: nothing is woven. */
  readonly gatesOnly: boolean;
  /** The first failure of an item ends the run. */
  readonly failFast: boolean;
  /** A lane waits out a backoff itself; else somebody sends `clock` when it is over. */
  readonly lanesSleep: boolean;
}

/**
 * The static side of a run.
 * @param lengths expected length of a task in any one unit; the default gives every gate the length 1
 */
export function createWorkload(
  ordered: OrderedPlan,
  policy: Policy,
  { execute, gatesOnly, engine }: Pick<RunRecord, 'execute' | 'gatesOnly' | 'engine'>,
  lengths: (gate: Gate, item: string) => number = () => 1,
): Workload {
  const attempts = (gate: Gate) => {
    const retry = policy.retries.get(gate.name);
    return { maxAttempts: retry?.maxAttempts ?? 1, backoffMs: (retry?.backoffSeconds ?? 0) * 1000 };
  };
  const tasks: Task[] = [];
  const firstTask: number[] = [];
  ordered.items.forEach((item, position) => {
    firstTask.push(tasks.length);
    for (const gate of item.gates)
      tasks.push({ item: position, ...gate, ...attempts(gate.gate), namesakes: 0 });
  });
  firstTask.push(tasks.length);
  const askedBy: (ReadonlySet<number> | undefined)[] = [];
  const named = new Map<string, number>();
  for (const [gate, items] of verificationGates(ordered, policy)) {
    const namesakes = named.get(gate.name) ?? 0;
    named.set(gate.name, namesakes + 1);
    const blocking = !isQuarantined(gate);
    tasks.push({ item: -1, gate, required: blocking, blocking, ...attempts(gate), namesakes });
    askedBy.push(items);
  }
  const taskAt = lineUp(ordered, tasks, firstTask, lengths);
  const rankOf = new Array<number>(tasks.length);
  taskAt.forEach((task, rank) => {
    rankOf[task] = rank;
  });
  return {
    deps: ordered.deps,
    dependents: ordered.dependents,
    tasks,
    firstTask,
    askedBy,
    rankOf,
    taskAt,
    batchSize: policy.performance.batchSize,
    maxRetries: policy.integration.kind === 'gates' ? policy.integration.maxRetries : 3,
    execute,
    gatesOnly,
    failFast: policy.failFast ?? false,
    lanesSleep: engine === 'aws',
  };
}

/** The policy's integration gates, or the union of the items' required gates, distinct by definition. */
function verificationGates(ordered: OrderedPlan, policy: Policy): [Gate, ReadonlySet<number> | undefined][] {
  if (policy.integration.kind === 'none') return [];
  if (policy.integration.gates !== undefined)
    return policy.integration.gates.map((gate) => [gate, undefined]);
  const union = new Map<string, [Gate, Set<number>]>();
  ordered.items.forEach((item, position) => {
    for (const { gate, required } of item.gates) {
      if (!required) continue;
      const key = gateDefinition(gate);
      const known = union.get(key);
      if (known === undefined) union.set(key, [gate, new Set([position])]);
      else known[1].add(position);
    }
  });
  return [...union.values()];
}

/** Two gates with the same text here are the same gate, wherever in the plan they stand. */
export function gateDefinition(gate: Gate): string {
  const env = Object.keys(gate.env)
    .sort()
    .map((key) => [key, gate.env[key]]);
  return JSON.stringify([
    gate.name,
    gate.run,
    gate.cwd,
    env,
    gate.timeoutSeconds,
    gate.runtime,
    gate.artifacts,
    gate.cache,
    ...(gate.image === undefined ? [] : [gate.image]),
    ...(gate.flaky === undefined ? [] : [{ flaky: gate.flaky }]),
  ]);
}

/**
 * List scheduling by urgency, then by the longest remaining path (highest level first, T. C. Hu 1961): of equally
 * urgent gates the one with the longest chain of work behind it goes first, then by item name, then as listed. A
 * gate that does not block has nothing behind it. Verification goes before all: the landing waits for it.
 */
function lineUp(
  ordered: OrderedPlan,
  tasks: readonly Task[],
  firstTask: readonly number[],
  lengths: (gate: Gate, item: string) => number,
): number[] {
  const { items, deps, dependents } = ordered;
  const urgencies = inheritUrgency(items, (item) => deps[item]!);
  const urgency = (task: number) => urgencies[tasks[task]!.item] ?? Number.POSITIVE_INFINITY;
  const path = new Array<number>(tasks.length).fill(Number.POSITIVE_INFINITY);
  const remaining = new Array<number>(items.length).fill(0);
  for (let item = items.length - 1; item >= 0; item--) {
    let behind = 0;
    for (const dependent of dependents[item]!) behind = Math.max(behind, remaining[dependent]!);
    remaining[item] = behind;
    for (let task = firstTask[item]!; task < firstTask[item + 1]!; task++) {
      const own = lengths(tasks[task]!.gate, items[item]!.name);
      path[task] = tasks[task]!.blocking ? own + behind : own;
      // Gates of one item run side by side, so the item is as long as its longest blocking gate.
      if (tasks[task]!.blocking) remaining[item] = Math.max(remaining[item]!, path[task]!);
    }
  }
  return tasks
    .map((_, task) => task)
    .sort((a, b) => {
      const [more, less] = [urgency(b), urgency(a)];
      if (more !== less) return more > less ? 1 : -1;
      if (path[a] !== path[b]) return path[b]! > path[a]! ? 1 : -1;
      const [x, y] = [tasks[a]!.item, tasks[b]!.item];
      if (x === y) return a - b;
      return items[x]!.name < items[y]!.name ? -1 : 1;
    });
}
