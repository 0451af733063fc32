import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

const LINUX = process.platform === 'linux';
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
let boot: string | undefined;

/**
 * When a process started, as the system tells it: opaque, and with the pid enough to recognise a process.
 * Linux counts from boot, so the boot is part of it. A process that ended but was not waited for yet still
 * has it; undefined when there is no such process.
 * @throws Error where Linux has no /proc
 */
export function startTimeOf(pid: number): string | undefined {
  if (!LINUX) return ps('-o', 'lstart=', '-p', `${pid}`)[0];
  const ticks = readStat(pid)?.startTicks;
  if (ticks === undefined) return undefined;
  boot ??= existsSync(BOOT_ID) ? `${readFileSync(BOOT_ID, 'utf8').trim()}/` : '';
  return boot + ticks;
}

/** Whether a process group has a process that still runs; one that only waits to be reaped does not. */
export function hasRunningMember(group: number): boolean {
  if (!LINUX) return ps('-A', '-o', 'pgid=', '-o', 'stat=').some((line) => isRunningIn(group, line));
  return readdirSync('/proc').some((name) => {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    return stat !== undefined && stat.group === group && !'ZX'.includes(stat.state);
  });
}

interface Stat {
  readonly state: string;
  readonly group: number;
  readonly startTicks: string;
}

/** proc_pid_stat(5): fields 3, 5 and 22. Field 2, the name, may itself hold spaces and parentheses. */
function readStat(pid: number): Stat | undefined {
  try {
    const text = readSmall(`/proc/${pid}/stat`);
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, group: Number(fields[2]), startTicks: fields[19]! };
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    // Without the table every process would seem gone, and what runs could not be put on record.
    if (!existsSync('/proc/self')) throw new Error('cannot see processes: mount /proc (proc)');
    return undefined;
  }
}

/** Larger than what is read: `readFileSync` takes 64 KB for each file that does not tell its size. */
const memory = Buffer.allocUnsafeSlow(4096);

function readSmall(path: string): string {
  const file = openSync(path, 'r');
  try {
    return memory.toString('latin1', 0, readSync(file, memory));
  } finally {
    closeSync(file);
  }
}

function isRunningIn(group: number, line: string): boolean {
  const [id, state] = line.trim().split(/\s+/);
  return Number(id) === group && !state?.startsWith('Z');
}

/** Lines of `ps`; none when it finds no process, which it says by exit code 1. */
function ps(...args: string[]): string[] {
  try {
    const options = { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } } as const;
    return execFileSync('ps', args, { ...options, stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')
      .filter((line) => line.trim() !== '');
  } catch (error) {
    if ((error as { status?: number }).status === 1) return [];
    throw error;
  }
}
