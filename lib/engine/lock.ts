import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { causeOf, openDatabase } from '../database';
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
  const db = openDatabase(join(home, LOCK_FILE), 100);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (causeOf(error) !== 'busy') throw error;
    throw refuse(
      'run-in-progress',
      `another run is going on in ${home}`,
      'wait for it, see `lex-pr status`, or end it with `lex-pr cancel`',
    );
  }
  return () => db.close();
}

/**
 * Whether a process holds the lock now. Only reads: two that look at once do not take each other for a holder, and
 * who may not write here can look as well.
 */
export function isLocked(home: string): boolean {
  const file = join(home, LOCK_FILE);
  if (!existsSync(file)) return false;
  const db = openDatabase(file, 0, true);
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    if (causeOf(error) === 'busy') return true;
    throw error;
  } finally {
    db.close();
  }
}
