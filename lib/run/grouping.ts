import type { Gate } from '../plan/plan';
import type { RunState } from './state';
import type { Workload } from './workload';

/**
 * Predicted work of the gates that a lane is handed at once, in ms. Handing out costs about a second of a lane's time
 * on AWS (a turn, a start of a function, bundles): 5 % of this. More would win little, and delays what waits for the
 * first of them, and what fails, by as much.
 */
export const GROUP_MS = 20_000;

/** Names of gates whose lengths a run learns at most: what is learnt is part of its state. */
const MOST_NAMES = 64;

/** What gates of one name have taken in this run. */
export interface Measured {
  count: number;
  /** Of all of them. */
  ms: number;
}

/**
 * How many gates a lane is handed at once: those that are next in line, as long as they are predicted to take less
 * than `GROUP_MS` altogether, and at most `most`. One goes alone whose length is not known.
 * @param lengths predicted lengths in the order of the line, in ms; read no further than needed, and one more
 */
export function groupSize(lengths: Iterable<number | undefined>, most: number): number {
  let size = 0;
  let total = 0;
  for (const ms of lengths) {
    if (size > 0 && (ms === undefined || total + ms > GROUP_MS)) break;
    size += 1;
    total += ms ?? GROUP_MS;
    if (size >= most || total >= GROUP_MS) break;
  }
  return size;
}

/**
 * Guided self-scheduling (Polychronopoulos and Kuck 1987): a lane takes its share of what is ready, so that groups
 * become smaller towards the end and all lanes end at about the same time.
 */
export const mostAtOnce = (ready: number, lanes: number, batchSize: number): number =>
  Math.max(1, Math.min(batchSize, Math.ceil(ready / lanes)));

/**
 * How long a gate is expected to take, in ms: by past runs, else the mean of its name in this one. Undefined for one
 * that is to have a function for itself: a build, a check, one that was lost before, and where nothing is known.
 */
export function expectedMs(load: Workload, state: RunState, task: number): number | undefined {
  if (load.tasks[task]!.gate.runtime !== 'local' || state.losses.has(task)) return undefined;
  const known = load.lengthOf[task];
  if (known !== undefined) return known;
  const measured = state.measured[load.nameOf[task]!];
  return measured && measured.ms / measured.count;
}

/** Takes in how long a gate has run. */
export function learn(load: Workload, state: RunState, task: number, ms: number): void {
  const name = load.nameOf[task]!;
  if (!load.groups || name < 0) return;
  const { count, ms: before } = state.measured[name] ?? { count: 0, ms: 0 };
  state.measured[name] = { count: count + 1, ms: before + ms };
}

/** By gate, the number of its name among the most frequent ones; −1 for others. */
export function numberNames(gates: readonly Gate[]): number[] {
  const counts = new Map<string, number>();
  for (const { name } of gates) counts.set(name, (counts.get(name) ?? 0) + 1);
  const frequent = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_NAMES);
  const numbers = new Map(frequent.map(([name], k) => [name, k]));
  return gates.map(({ name }) => numbers.get(name) ?? -1);
}
