import type { Workload } from '../run/workload';

/**
 * The gates that no number of lanes makes faster: a longest chain of them, each waiting for the one before, verification
 * for all that block. Gates that run ahead of dependencies wait for nothing. O(tasks + dependencies).
 * @param lengths by task, in any one unit
 * @returns tasks, first to last
 */
export function criticalPath(load: Workload, lengths: ArrayLike<number>): number[] {
  const { deps, firstTask, tasks, speculates } = load;
  /** By item: when the gates can start, and pass, that block it; and the last of them on the way there, or −1. */
  const opens = new Float64Array(deps.length);
  const passes = new Float64Array(deps.length);
  const through = new Int32Array(deps.length);
  /** By task: the one before it on its path, or −1. */
  const before = new Int32Array(load.firstProbe).fill(-1);
  let last = -1;
  let lastPassed = -1;
  let end = -1;
  let passed = -1;
  for (let item = 0; item < deps.length; item++) {
    let behind = -1;
    for (const dep of deps[item]!) {
      if (passes[dep]! < opens[item]! || (passes[dep] === opens[item] && behind >= 0)) continue;
      opens[item] = passes[dep]!;
      behind = through[dep]!;
    }
    passes[item] = opens[item]!;
    through[item] = behind;
    for (let task = firstTask[item]!; task < firstTask[item + 1]!; task++) {
      const ends = (speculates ? 0 : opens[item]!) + lengths[task]!;
      if (!speculates) before[task] = behind;
      const decides = ends > passes[item]! || (ends === passes[item] && through[item] === behind);
      if (tasks[task]!.blocking && decides) [passes[item], through[item]] = [ends, task];
      if (ends > end) [end, last] = [ends, task];
    }
    if (passes[item]! > passed) [passed, lastPassed] = [passes[item]!, through[item]!];
  }
  const verification = load.gatesOnly || deps.length === 0 ? load.firstProbe : firstTask[deps.length]!;
  for (let task = verification; task < load.firstProbe; task++) {
    before[task] = lastPassed;
    if (passed + lengths[task]! > end) [end, last] = [passed + lengths[task]!, task];
  }
  const path: number[] = [];
  for (let task = last; task >= 0; task = before[task]!) path.push(task);
  return path.reverse();
}
