import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../database';
import { refuse } from '../errors';
import type { ContainerRecord } from '../gates/containers';
import type { RunEvent } from './messages';
import { CALLBACK_SCHEMA, sqliteCallbacks } from './sqlite-callbacks';
import { RECORDS, recordOf, recordWriter } from './sqlite-records';
import { partWriter, readState, STATE_PARTS } from './state-parts';
import { type RunReader, type RunStore, StaleVersionError, type StoredRun } from './store';

/** Changes with the tables below. */
const SCHEMA_VERSION = 1;

/** How long a call waits for other processes. */
export const BUSY_MS = 10_000;

const SCHEMA = `
  CREATE TABLE run (
    id TEXT PRIMARY KEY, record TEXT NOT NULL, created_at INTEGER NOT NULL, ended_at INTEGER,
    version INTEGER NOT NULL, state TEXT NOT NULL
  ) STRICT;
  CREATE TABLE event (
    run TEXT NOT NULL, version INTEGER NOT NULL, k INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (run, version, k)
  ) STRICT, WITHOUT ROWID;
`;

/** Added to the tables above without another version: one that does not know it has no containers either. */
const CONTAINERS = 'CREATE TABLE IF NOT EXISTS container (name TEXT PRIMARY KEY, cli TEXT NOT NULL) STRICT';

/** Containers of gates that may still be there: recorded before they run, forgotten once they are gone. */
export interface ContainerTable {
  add(container: ContainerRecord): void;
  remove(name: string): void;
  all(): readonly ContainerRecord[];
}

/**
 * Runs in a SQLite file. A commit survives the death of this process the moment it returns (write-ahead log;
 * only a power failure may take the last ones with it, and a run resumed before them does them again).
 * @throws InputError when the file was written by a version that this one cannot read
 */
export function openSqliteStore(file: string): RunStore & {
  readonly containers: ContainerTable;
  readonly callbacks: ReturnType<typeof sqliteCallbacks>;
} {
  const db = openDatabase(file, BUSY_MS);
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    prepareSchema(db, file);
  } catch (error) {
    db.close();
    throw error;
  }
  const insertRun = db.prepare("INSERT INTO run VALUES (?, '', ?, NULL, 1, ?)");
  const addRecord = recordWriter(db);
  const insertEvent = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?)');
  const find = db.prepare('SELECT version FROM run WHERE id = ?');
  const update = db.prepare('UPDATE run SET version = version + 1, state = ? WHERE id = ?');
  const callbacks = sqliteCallbacks(db);
  const reader = readerOf(db);
  const parts = partWriter(db);
  const write = (body: () => void) => {
    try {
      transaction(db, body);
    } catch (error) {
      parts.forget();
      throw error;
    }
  };
  const addEvents = (id: string, version: number, events: readonly RunEvent[]) => {
    for (const [k, event] of events.entries()) insertEvent.run(id, version, k, JSON.stringify(event));
  };
  return {
    async create(id, record, state, events, createdAt) {
      write(() => {
        addRecord(id, record);
        insertRun.run(id, createdAt, parts.write(id, 1, state));
        addEvents(id, 1, events);
      });
    },
    ...reader,
    async commit(id, version, state, events) {
      write(() => {
        const { version: found } = find.get(id) ?? {};
        if (found !== version) throw new StaleVersionError(id, version);
        update.run(parts.write(id, version + 1, state), id);
        addEvents(id, version + 1, events);
      });
    },
    async finish(id, endedAt) {
      const update = db.prepare('UPDATE run SET ended_at = ? WHERE id = ? AND ended_at IS NULL');
      const isFirst = update.run(endedAt, id).changes > 0;
      callbacks.forget(id);
      return isFirst;
    },
    async close() {
      await reader.close();
    },
    containers: containerTable(db),
    callbacks,
  };
}

/** What a database holds, for who only looks; `close` closes it. */
export function readerOf(db: DatabaseSync): RunReader {
  return {
    async find(id) {
      const row = db.prepare('SELECT * FROM run WHERE id = ?').get(id);
      return row === undefined ? undefined : storedRun(db, row);
    },
    async list() {
      const rows = db.prepare('SELECT * FROM run ORDER BY created_at DESC, rowid DESC').all();
      return rows.map((row) => storedRun(db, row));
    },
    async read(id) {
      const found = readState(db, id);
      if (found === undefined) throw new Error(`unknown run ${id}`);
      return found;
    },
    async events(id) {
      const rows = db.prepare('SELECT body FROM event WHERE run = ? ORDER BY version, k').all(id);
      return rows.map((row): RunEvent => JSON.parse(String(row.body)));
    },
    async *eventsAfter(id, version) {
      const rows = db
        .prepare('SELECT version, body FROM event WHERE run = ? AND version > ? ORDER BY version, k')
        .all(id, version);
      const commits = new Map<number, RunEvent[]>();
      for (const row of rows) {
        const events = commits.get(Number(row.version)) ?? [];
        events.push(JSON.parse(String(row.body)));
        commits.set(Number(row.version), events);
      }
      for (const [made, events] of commits) yield { version: made, events };
    },
    async close() {
      db.close();
    },
  };
}

function prepareSchema(db: DatabaseSync, file: string): void {
  transaction(db, () => {
    if (!hasSchema(db, file)) db.exec(`${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION};`);
    db.exec(`${CALLBACK_SCHEMA} ${CONTAINERS}; ${STATE_PARTS}; ${RECORDS}`);
  });
}

/** @returns false for a new file @throws InputError when its format is another */
export function hasSchema(db: DatabaseSync, file: string): boolean {
  const found = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  if (found !== 0 && found !== SCHEMA_VERSION)
    throw refuse(
      'store-format',
      `${file} has format ${found}, this version of lex-pr reads format ${SCHEMA_VERSION}`,
      'finish its runs with the version that began them, or move the file away',
    );
  return found === SCHEMA_VERSION;
}

function transaction(db: DatabaseSync, body: () => void): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    body();
    db.exec('COMMIT');
  } catch (error) {
    // SQLite itself takes it back when the disk is full; then there is nothing to, and that is no news.
    try {
      db.exec('ROLLBACK');
    } catch {}
    throw error;
  }
}

function storedRun(db: DatabaseSync, row: Record<string, unknown>): StoredRun {
  return {
    id: String(row.id),
    record: recordOf(db, row),
    createdAt: Number(row.created_at),
    endedAt: row.ended_at === null ? undefined : Number(row.ended_at),
  };
}

function containerTable(db: DatabaseSync): ContainerTable {
  const insert = db.prepare('INSERT OR REPLACE INTO container VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM container WHERE name = ?');
  return {
    add: ({ name, cli }) => void insert.run(name, cli),
    remove: (name) => void remove.run(name),
    all: () =>
      db
        .prepare('SELECT * FROM container')
        .all()
        .map((row) => ({ name: String(row.name), cli: String(row.cli) })),
  };
}
