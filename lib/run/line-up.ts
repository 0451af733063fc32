import type { OrderedPlan } from '../plan/order';
import type { Gate } from '../plan/plan';
import { inheritUrgency } from '../plan/priority';
import type { Task } from './workload';

/**
 * List scheduling by urgency, then by the longest remaining path (highest level first, T. C. Hu 1961): of equally
 * urgent gates the one with the longest chain of work behind it goes first, then by item name, then as listed. A
 * gate that does not block has nothing behind it. Verification goes before all: the landing waits for it.
 */
export function lineUp(
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
