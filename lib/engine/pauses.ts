import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { openDatabase } from '../database';
import { type KeptPause, pauseOf } from '../run/pauses';
import type { RunRecord } from '../run/record';
import type { RunState } from '../run/state';
import type { RunStore } from '../run/store';
import type { Workload } from '../run/workload';
import { applyPause } from './apply-pause';
import { stateFile } from './workspace';

/** Pauses of runs in a `.lex-pr` folder. */
const pauseSchema = z.object({ target: z.string().nullable(), why: z.string(), at: z.number() });

export const pausesFile = (home: string) => join(home, 'pauses.json');

/** @throws Error when the file is damaged: nobody knows then whether something is paused */
export function readPauses(home: string): readonly KeptPause[] {
  try {
    return z.array(pauseSchema).parse(JSON.parse(readFileSync(pausesFile(home), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(
      `${pausesFile(home)} cannot be read: ${(error as Error).message}; put it right or remove it`,
    );
  }
}

/**
 * Changes the pauses in one step: of two processes that do so at once, one waits for the other.
 * @param busyMs how long at most
 * @throws what `to` throws, and Error as readPauses, or when another process does not come to an end: nothing is
 *   changed then
 */
export function changePauses(
  home: string,
  to: (pauses: readonly KeptPause[]) => readonly KeptPause[],
  busyMs = 10_000,
): void {
  const file = pausesFile(home);
  // A transaction is the lock: the operating system lets go of it when its holder dies.
  const lock = openDatabase(stateFile(home), busyMs);
  try {
    lock.exec('BEGIN IMMEDIATE');
    writeFileSync(`${file}.new`, JSON.stringify(to(readPauses(home))));
    renameSync(`${file}.new`, file);
  } finally {
    lock.close();
  }
}

/** `applyPause` for a run of this folder. */
export function applyLocalPause(
  home: string,
  store: Pick<RunStore, 'read' | 'commit'>,
  record: RunRecord,
  load: Workload,
): Promise<RunState> {
  const pauseNow = async () => pauseOf(readPauses(home), record.plan.target);
  return applyPause({ store, record, load, pauseNow, now: Date.now });
}
