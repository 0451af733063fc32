import { readFileSync, rmSync, unwatchFile, utimesSync, watch, watchFile, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isLocked } from './lock';

/** Names the run that goes on in a `.lex-pr` folder; touched by whoever has changed the state of that run. */
const fileOf = (home: string) => join(home, 'running');

/** Where the system cannot watch a file, as when it is out of watches, in ms. */
const LOOK_EVERY = 1000;

/**
 * Makes known that this process, which holds the lock, carries the run. Until the listening is ended it keeps the process
 * alive: a run that is paused waits for a call, and for nothing else.
 * @param onCall somebody calls: the state in the store may have changed. A call that is missed does no harm: the
 *   next commit finds out as well.
 * @returns ends the listening; the run stays known until the lock is released
 */
export function announceRun(home: string, run: string, onCall: () => void): () => void {
  const file = fileOf(home);
  writeFileSync(file, run);
  const look = () => watchFile(file, { interval: LOOK_EVERY }, onCall);
  let close = () => unwatchFile(file, onCall);
  try {
    const watcher = watch(file, onCall);
    watcher.on('error', look);
    close = () => {
      watcher.close();
      unwatchFile(file, onCall);
    };
  } catch {
    look();
  }
  return close;
}

/** For who holds the lock and carries no run, or none any more. */
export function forgetRun(home: string): void {
  rmSync(fileOf(home), { force: true });
}

/** Tells the process that carries a run in this folder, if there is one, to look at the state. */
export function callRun(home: string): void {
  try {
    const now = new Date();
    utimesSync(fileOf(home), now, now);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Whether a process carries the run, or is about to: it holds the lock, and has not said that it carries another. */
export function isCarried(home: string, run: string): boolean {
  return isLocked(home) && (namedRun(home) ?? run) === run;
}

/** The run that a process carries now; a file that a dead one has left says nothing. */
export function runningRun(home: string): string | undefined {
  return isLocked(home) ? namedRun(home) : undefined;
}

function namedRun(home: string): string | undefined {
  try {
    return readFileSync(fileOf(home), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Resolves once no process carries the run. Nobody is told of the death of a process, so that is looked for. */
export async function runLeft(home: string, run: string): Promise<void> {
  while (runningRun(home) === run) await pause(200);
}
