import { pop, push } from '../run/ready-queue';
import type { Workload } from '../run/workload';

/**
 * The makespan of a run in which all gates pass at once and nothing but gates takes time: the list schedule that `step`
 * makes of the same workload. O(tasks log tasks + tasks × lanes moved in memory).
 * @param lanes from 1 on
 * @param lengths by task, in any one unit
 * @returns when the last gate ends, in that unit
 */
export function simulate(load: Workload, lanes: number, lengths: ArrayLike<number>): number {
  const { deps, dependents, tasks, firstTask, rankOf, taskAt } = load;
  const unmet = Uint32Array.from(deps, ({ length }) => length);
  const open = new Uint16Array(deps.length);
  for (const { item, blocking } of tasks) if (item >= 0 && blocking) open[item]! += 1;
  const isOpen = new Uint8Array(deps.length);
  const started = new Uint8Array(tasks.length);
  const ready: number[] = [];
  const ahead: number[] = [];
  const running = newTimeline();
  let unpassed = deps.length;
  let now = 0;

  const gatesOf = (item: number, line: number[]) => {
    for (let task = firstTask[item]!; task < firstTask[item + 1]!; task++)
      if (!started[task]) push(line, rankOf[task]!);
  };
  const openItem = (first: number) => {
    const opening = [first];
    for (let item = opening.pop(); item !== undefined; item = opening.pop()) {
      isOpen[item] = 1;
      gatesOf(item, ready);
      if (open[item] === 0) opening.push(...pass(item));
    }
  };
  const pass = (item: number): number[] => {
    unpassed -= 1;
    if (unpassed === 0 && !load.gatesOnly)
      for (let task = firstTask[deps.length]!; task < load.firstProbe; task++) push(ready, rankOf[task]!);
    return dependents[item]!.filter((dependent) => {
      unmet[dependent]! -= 1;
      return unmet[dependent] === 0;
    });
  };
  const end = (task: number) => {
    const { item, blocking } = tasks[task]!;
    if (item < 0 || !blocking) return;
    open[item]! -= 1;
    if (open[item] === 0 && isOpen[item]) for (const dependent of pass(item)) openItem(dependent);
  };
  const takeAhead = (): number | undefined => {
    for (let rank = pop(ahead); rank !== undefined; rank = pop(ahead))
      if (!isOpen[tasks[taskAt[rank]!]!.item]) return rank;
    return undefined;
  };

  const roots = deps.flatMap((before, item) => (before.length === 0 ? [item] : []));
  for (const item of roots) openItem(item);
  if (load.speculates) for (let item = 0; item < deps.length; item++) if (!isOpen[item]) gatesOf(item, ahead);
  for (;;) {
    while (running.size() < lanes) {
      // The window of what runs ahead has room for all lanes as long as nothing fails.
      const rank = pop(ready) ?? takeAhead();
      if (rank === undefined) break;
      const task = taskAt[rank]!;
      started[task] = 1;
      running.add(now + lengths[task]!, task);
    }
    if (running.size() === 0) return now;
    now = running.next();
    for (const task of running.take(now)) end(task);
  }
}

/** What ends when; as many as there are lanes, kept in order from the last to the first. */
function newTimeline() {
  const entries: { readonly at: number; readonly task: number }[] = [];
  return {
    size: () => entries.length,
    next: () => entries.at(-1)!.at,
    add(at: number, task: number): void {
      let [low, high] = [0, entries.length];
      while (low < high) {
        const between = (low + high) >> 1;
        if (entries[between]!.at > at) low = between + 1;
        else high = between;
      }
      entries.splice(low, 0, { at, task });
    },
    /** Removes what ends at that time. */
    take(at: number): number[] {
      const ended: number[] = [];
      while (entries.length > 0 && entries.at(-1)!.at === at) ended.push(entries.pop()!.task);
      return ended;
    },
  };
}
