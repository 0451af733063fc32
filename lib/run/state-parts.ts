import type { DatabaseSync } from 'node:sqlite';

/**
 * A state of many items is kept in parts, so that a commit writes those that it has changed: of 100,000 items that is
 * a few pages of the file instead of 200 KB. Added without another version of the tables: one that does not know it
 * finds no state of such a run, and all of the others.
 */
export const STATE_PARTS =
  'CREATE TABLE IF NOT EXISTS state_part (run TEXT, k INTEGER, body BLOB NOT NULL, PRIMARY KEY (run, k)) STRICT';

/** Bytes of a part: with its key it fits into a page of 4 KB. */
const PART = 3_800;
/** Bytes of a state that is written as a whole. */
const WHOLE = 4 * PART;

export interface PartWriter {
  /**
   * Writes what is in parts of a version of a run, within a transaction.
   * @returns what the column `state` of the run is to hold: the text, or nothing where it is in parts
   */
  write(run: string, version: number, text: string): string;
  /** The transaction has failed. */
  forget(): void;
}

export function partWriter(db: DatabaseSync): PartWriter {
  const write = db.prepare(
    'INSERT INTO state_part VALUES (?, ?, ?) ON CONFLICT (run, k) DO UPDATE SET body = excluded.body',
  );
  const cut = db.prepare('DELETE FROM state_part WHERE run = ? AND k >= ?');
  // What was written last is there as long as nobody else has made a version since.
  let last: { readonly run: string; readonly version: number; readonly bytes: Buffer } | undefined;
  return {
    write(run, version, text) {
      const before = last?.run === run && last.version === version - 1 ? last.bytes : undefined;
      const bytes = Buffer.from(text);
      const [count, there] = [countOf(bytes), before && countOf(before)];
      for (let k = 0; k < count; k++) {
        const part = partOf(bytes, k);
        if (there === undefined || k >= there || !part.equals(partOf(before!, k))) write.run(run, k, part);
      }
      if (there === undefined || there > count) cut.run(run, count);
      last = { run, version, bytes };
      return count === 0 ? text : '';
    },
    forget() {
      last = undefined;
    },
  };
}

const countOf = (bytes: Buffer) => (bytes.length <= WHOLE ? 0 : Math.ceil(bytes.length / PART));
const partOf = (bytes: Buffer, k: number) => bytes.subarray(k * PART, (k + 1) * PART);

/** The version and the state of a run, in one statement, so that they belong together. */
export function readState(db: DatabaseSync, run: string): { version: number; state: string } | undefined {
  const row = db.prepare('SELECT version, state FROM run WHERE id = ?').get(run);
  if (row === undefined || row.state !== '') return row && parsed(row);
  return parsed(
    db
      .prepare(
        `SELECT version, CASE WHEN state <> '' THEN state ELSE
         (SELECT group_concat(body, '' ORDER BY k) FROM state_part WHERE run = id) END AS state
         FROM run WHERE id = ?`,
      )
      .get(run)!,
  );
}

const parsed = ({ version, state }: Record<string, unknown>) => ({
  version: Number(version),
  state: String(state),
});
