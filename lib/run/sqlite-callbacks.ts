import type { DatabaseSync } from 'node:sqlite';
import type { Callback } from '../callbacks/callback';
import type { CallbackStore } from '../callbacks/store';

/** Came after the first version of the file, and older versions of lex-pr do not mind it. */
export const CALLBACK_SCHEMA = `
  CREATE TABLE IF NOT EXISTS callback (
    run TEXT NOT NULL, place TEXT NOT NULL, id TEXT NOT NULL, secret TEXT NOT NULL, url TEXT NOT NULL,
    opened_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, requested INTEGER NOT NULL, ended TEXT,
    PRIMARY KEY (run, place)
  ) STRICT;
`;

/** Callbacks in the file that has their runs. */
export function sqliteCallbacks(db: DatabaseSync): CallbackStore & {
  /** Those of a run that nobody has ended. */
  openOf(run: string): readonly Callback[];
  /** Of a run that has ended. */
  forget(run: string): void;
} {
  const get: CallbackStore['get'] = async (run, place) => {
    const row = db.prepare('SELECT * FROM callback WHERE run = ? AND place = ?').get(run, place);
    return row && callbackOf(row);
  };
  return {
    async put(run, place, { id, key, url, openedAt, expiresAt, requested, end }, over) {
      if (over !== undefined)
        db.prepare('DELETE FROM callback WHERE run = ? AND place = ? AND id = ?').run(run, place, over);
      const ended = end === undefined ? null : JSON.stringify(end);
      db.prepare('INSERT OR IGNORE INTO callback VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
        run,
        place,
        id,
        key,
        url,
        openedAt,
        expiresAt,
        Number(requested),
        ended,
      );
      return (await get(run, place))!;
    },
    get,
    async markRequested(run, place, id) {
      db.prepare('UPDATE callback SET requested = 1 WHERE run = ? AND place = ? AND id = ?').run(
        run,
        place,
        id,
      );
    },
    async end(run, place, id, end) {
      db.prepare(
        'UPDATE callback SET ended = ? WHERE run = ? AND place = ? AND id = ? AND ended IS NULL',
      ).run(JSON.stringify(end), run, place, id);
      const there = await get(run, place);
      return there?.id === id ? there : undefined;
    },
    openOf: (run) =>
      db.prepare('SELECT * FROM callback WHERE run = ? AND ended IS NULL').all(run).map(callbackOf),
    forget: (run) => void db.prepare('DELETE FROM callback WHERE run = ?').run(run),
  };
}

function callbackOf(row: Record<string, unknown>): Callback {
  return {
    id: String(row.id),
    key: String(row.secret),
    url: String(row.url),
    openedAt: Number(row.opened_at),
    expiresAt: Number(row.expires_at),
    requested: row.requested === 1,
    end: row.ended === null ? undefined : JSON.parse(String(row.ended)),
  };
}
