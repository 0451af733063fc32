import { readFileSync } from 'node:fs';

/** Of Linux, on every processor that Node.js runs on: clock ticks a second in /proc. */
const TICKS = 100;

/**
 * Time that this process and all that it has started, and these have, have used of the processors. Those that have ended are
 * in the times of who waited for them.
 * @returns milliseconds; undefined where the system does not say it
 */
export function treeCpuMs(): number | undefined {
  let ticks = 0;
  const open = [process.pid];
  try {
    for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
      const children = readOf(pid, `task/${pid}/children`);
      ticks += ticksOf(readOf(pid, 'stat'));
      for (const child of children.split(' ')) if (child !== '') open.push(Number(child));
    }
  } catch {
    return undefined;
  }
  return (ticks * 1000) / TICKS;
}

/** @throws Error where this very process has no such file: the kernel does not know it */
function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch (error) {
    if (pid === process.pid) throw error;
    // It has ended meanwhile.
    return '';
  }
}

/** utime, stime, cutime and cstime; the name before them may hold anything. */
function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + (Number(field) || 0), 0);
}
