import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { refuse } from '../errors';

/**
 * One run at a time in a `.lex-pr` folder: its lanes are shared. The lock is an exclusive transaction, so
 * that the operating system lets go of it when its holder dies, however that happens.
 * @returns a function that releases it
 * @throws InputError when another process holds it
 */
export function lockHome(home: string): () => void {
  const db = new DatabaseSync(join(home, 'lock.db'), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (!isBusy(error)) throw error;
    throw refuse(
      'run-in-progress',
      `another run is going on in ${home}`,
      'wait for it, see `lex-pr status`, or end it with Ctrl-C where it runs',
    );
  }
  return () => db.close();
}

/** Whether a process holds the lock now. */
export function isLocked(home: string): boolean {
  try {
    lockHome(home)();
    return false;
  } catch {
    return true;
  }
}

/** SQLITE_BUSY, with or without an extension in the upper bits. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}
