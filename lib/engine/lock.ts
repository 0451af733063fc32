import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { refuse } from '../errors';

/** Its file in the `.lex-pr` folder. */
export const LOCK_FILE = 'lock.db';

/**
 * One run at a time in a `.lex-pr` folder: its lanes are shared. The lock is an exclusive transaction, so
 * that the operating system lets go of it when its holder dies, however that happens.
 * @returns a function that releases it
 * @throws InputError when another process holds it
 */
export function lockHome(home: string): () => void {
  // Long enough for somebody who only looks whether it is locked.
  const db = openLock(home, 100);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (!isBusy(error)) throw error;
    throw refuse(
      'run-in-progress',
      `another run is going on in ${home}`,
      'wait for it, see `lex-pr status`, or end it with `lex-pr cancel`',
    );
  }
  return () => db.close();
}

/** Whether a process holds the lock now. Only reads: two that look at once do not take each other for a holder. */
export function isLocked(home: string): boolean {
  const db = openLock(home, 0);
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    db.close();
  }
}

const openLock = (home: string, timeout: number) => new DatabaseSync(join(home, LOCK_FILE), { timeout });

/** SQLITE_BUSY, with or without an extension in the upper bits. */
function isBusy(error: unknown): boolean {
  const { errcode = 0 } = error as { readonly errcode?: number };
  return (errcode & 0xff) === 5;
}
