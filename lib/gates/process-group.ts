import { setTimeout as pause } from 'node:timers/promises';
import { hasRunningMember, startTimeOf } from './process-table';

/** A gate's shell, as it is recorded before its command runs, so that a later process can end it. */
export interface ProcessRecord {
  readonly pid: number;
  /** Equals `pid`: the shell leads its own group. */
  readonly processGroup: number;
  /** Opaque start time of the process, as the system tells it, to recognise a reused pid. */
  readonly startTime: string;
}

/** From SIGTERM to SIGKILL, in ms. */
export const GRACE = 2000;
/** How long a killed group may take to be gone, in ms: one that waits for a dead disk never is. */
const KILL_LIMIT = 5000;

/**
 * Ends the groups of gates that a dead run left behind: SIGTERM, a grace of 2 s, SIGKILL. Resolves once they
 * are gone, to the records whose group it ended. A record whose pid is gone or belongs to a process that
 * started at another time is left alone: its group cannot be told from a stranger's.
 */
export async function endProcessGroups(records: readonly ProcessRecord[]): Promise<ProcessRecord[]> {
  const running = leftoversOf(records);
  const ended = await Promise.all(running.map((record) => endProcessGroup(record.processGroup, GRACE)));
  return running.filter((_, index) => ended[index]);
}

/** Those recorded processes that are there still, with something of their group at work. */
export function leftoversOf(records: readonly ProcessRecord[]): ProcessRecord[] {
  return records.filter((record) => isSame(record) && hasRunningMember(record.processGroup));
}

const isSame = ({ pid, processGroup, startTime }: ProcessRecord) =>
  pid > 1 && pid === processGroup && startTimeOf(pid) === startTime;

/**
 * Sends SIGTERM to a group unless `grace` (ms) is 0, and SIGKILL to what is left of it after that.
 * @returns whether the group is gone; what a gate started as another user can outlive this
 */
export async function endProcessGroup(group: number, grace: number): Promise<boolean> {
  if (grace > 0 && sendSignal(group, 'SIGTERM') && (await goneWithin(group, grace))) return true;
  return !sendSignal(group, 'SIGKILL') || (await goneWithin(group, KILL_LIMIT));
}

/** Kills the groups of gates of this process, without waiting for their end; a pid may be a stranger's by now. */
export function killProcessGroups(records: readonly ProcessRecord[]): void {
  for (const record of records) if (isSame(record)) sendSignal(record.processGroup, 'SIGKILL');
}

/** The system reports the end of a process to its parent only, so all others have to look again. */
async function goneWithin(group: number, limit: number): Promise<boolean> {
  const deadline = performance.now() + limit;
  for (let wait = 1; isRunning(group); wait = Math.min(2 * wait, 50)) {
    const left = deadline - performance.now();
    if (left <= 0) return false;
    await pause(Math.min(wait, left));
  }
  return true;
}

function isRunning(group: number): boolean {
  try {
    return sendSignal(group, 0) && hasRunningMember(group);
  } catch {
    // The process table cannot be read now (out of descriptors): not seen to be gone.
    return true;
  }
}

/** Whether the group exists; signal 0 only asks. */
function sendSignal(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return false;
    if (code === 'EPERM') return true;
    throw error;
  }
}
