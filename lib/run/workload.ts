import { isQuarantined } from '../plan/effective-gates';
import type { FreezeWindow } from '../plan/freeze';
import type { OrderedPlan } from '../plan/order';
import type { Gate, Policy } from '../plan/plan';
import { numberNames } from './grouping';
import { lineUp } from './line-up';
import type { RunRecord } from './record';
import { verificationGates } from './verification';

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
  /** 0, or from 1 on the number of the probe: the same gate on a prefix of the weave (see `bisect.ts`). */
  readonly probe: number;
}

/** Everything about a run that never changes while it goes on. Items and tasks are numbers from 0. */
export interface Workload {
  /** By item, in merge order: positions of direct dependencies and dependents. */
  readonly deps: readonly (readonly number[])[];
  readonly dependents: readonly (readonly number[])[];
  /** Tasks of item 0, of item 1, …, then those of verification, then the same again for each probe. */
  readonly tasks: readonly Task[];
  /** Tasks of item i are firstTask[i] … firstTask[i + 1] − 1; verification starts at firstTask[items]. */
  readonly firstTask: readonly number[];
  /** Where the tasks of the first probe start, and how many probes there can be at once. */
  readonly firstProbe: number;
  readonly probes: number;
  /** For each verification task the items that ask for it; undefined means any item. */
  readonly askedBy: readonly (ReadonlySet<number> | undefined)[];
  /** rankOf[task] is its place in the line for a lane, and taskAt its inverse. */
  readonly rankOf: readonly number[];
  readonly taskAt: readonly number[];
  readonly batchSize: number;
  /** Several short gates go to a lane at once. */
  readonly groups: boolean;
  /** Expected length of each task in ms, as far as past runs tell. */
  readonly lengthOf: readonly (number | undefined)[];
  /** By task, the number of its gate's name (see `numberNames`). */
  readonly nameOf: readonly number[];
  /** How often a weave may be made anew because the target moved. */
  readonly maxRetries: number;
  /** How many prefixes of weaves that fail may be verified in all of the run. */
  readonly maxProbes: number;
  /** How many more of them to find out whom an item that breaks the weave clashes with. */
  readonly maxClashProbes: number;
  readonly execute: boolean;
  /** Items are done once their gates have passed: nothing is woven. */
  readonly gatesOnly: boolean;
  /** The first failure of an item ends the run. */
  readonly failFast: boolean;
  /** When nothing lands. */
  readonly freeze: readonly FreezeWindow[];
  /** Gates may run ahead of what their items wait for. */
  readonly speculates: boolean;
  /** A lane waits out a backoff itself; else somebody sends `clock` when it is over. */
  readonly lanesSleep: boolean;
}

/**
 * The static side of a run.
 * @param lengths expected length of a task in ms; 1, the default, means that nothing is known
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
      tasks.push({ item: position, ...gate, ...attempts(gate.gate), namesakes: 0, probe: 0 });
  });
  firstTask.push(tasks.length);
  const askedBy: (ReadonlySet<number> | undefined)[] = [];
  const named = new Map<string, number>();
  for (const [gate, items] of verificationGates(ordered, policy)) {
    const namesakes = named.get(gate.name) ?? 0;
    named.set(gate.name, namesakes + 1);
    const blocking = !isQuarantined(gate);
    tasks.push({ item: -1, gate, required: blocking, blocking, ...attempts(gate), namesakes, probe: 0 });
    askedBy.push(items);
  }
  const firstProbe = tasks.length;
  // A record of a version before knows no probes.
  const {
    maxRetries,
    maxProbes = 0,
    maxClashProbes = 0,
  } = policy.integration.kind === 'gates' ? policy.integration : NO_INTEGRATION;
  const probes = maxProbes === 0 ? 0 : probesAtOnce(askedBy.length);
  const verification = tasks.slice(firstTask.at(-1));
  for (let probe = 1; probe <= probes; probe++)
    tasks.push(...verification.map((task) => ({ ...task, probe })));
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
    firstProbe,
    probes,
    askedBy,
    rankOf,
    taskAt,
    batchSize: policy.performance.batchSize,
    groups: engine === 'aws',
    lengthOf: tasks.map(({ item, gate }) => {
      const ms = item < 0 ? 1 : lengths(gate, ordered.items[item]!.name);
      return ms > 1 ? ms : undefined;
    }),
    nameOf: numberNames(tasks.map(({ gate }) => gate)),
    maxRetries,
    maxProbes,
    maxClashProbes,
    execute,
    gatesOnly,
    failFast: policy.failFast ?? false,
    freeze: policy.freeze ?? [],
    speculates: policy.speculation === 'deps',
    lanesSleep: engine === 'aws',
  };
}

/** For a plan that does not verify, but may have to weave again. */
const NO_INTEGRATION = { maxRetries: 3, maxProbes: 0, maxClashProbes: 0 };

/** Seven probes divide a weave into eight; a plan with very many gates of verification is content with fewer. */
const probesAtOnce = (gates: number) => (gates === 0 ? 0 : Math.max(1, Math.min(7, Math.floor(700 / gates))));
