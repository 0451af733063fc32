import type { DatabaseSync } from 'node:sqlite';

/**
 * Records of runs, apart from what each commit changes: SQLite writes a row as a whole, and the record of a thousand items
 * is half a megabyte. Added without another version of the tables: one that does not know it finds no record of such
 * a run.
 */
export const RECORDS = 'CREATE TABLE IF NOT EXISTS record (run TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT';

/** Writes the record of a run, within a transaction; the column `record` of the run is then to hold nothing. */
export function recordWriter(db: DatabaseSync): (run: string, record: string) => void {
  const insert = db.prepare('INSERT INTO record VALUES (?, ?)');
  return (run, record) => void insert.run(run, record);
}

/** @param row of the table of runs; those of former versions have their record themselves */
export function recordOf(db: DatabaseSync, { id, record }: Record<string, unknown>): string {
  if (record !== '') return String(record);
  return String(db.prepare('SELECT body FROM record WHERE run = ?').get(String(id))?.body ?? '');
}
