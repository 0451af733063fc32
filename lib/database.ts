import { DatabaseSync } from 'node:sqlite';

/**
 * Opens a SQLite file, or makes it unless it is only to be read.
 * @param busyMs how long to wait for other processes at each call; the option of node:sqlite for this is passed over
 *   by the oldest Node.js that we run on
 * @throws Error with `errcode` when it can be neither opened nor made
 */
export function openDatabase(path: string, busyMs: number, readOnly = false): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly });
  database.exec(`PRAGMA busy_timeout = ${busyMs}`);
  return database;
}

/** What SQLite may say, as far as it makes a difference to us: https://www.sqlite.org/rescode.html */
const CAUSES: Readonly<Record<number, DatabaseCause>> = {
  // SQLITE_ERROR: our statements are fixed, so that only a damaged schema makes one wrong.
  1: 'damaged',
  3: 'forbidden',
  5: 'busy',
  6: 'busy',
  8: 'forbidden',
  10: 'disk',
  11: 'damaged',
  13: 'disk',
  14: 'forbidden',
  26: 'damaged',
};

/** `forbidden`: it may not be opened, or not be written. `disk`: full, or failing. */
export type DatabaseCause = 'damaged' | 'busy' | 'forbidden' | 'disk';

/** Why a database could not be used; undefined for what is no error of SQLite, or none of these. */
export function causeOf(error: unknown): DatabaseCause | undefined {
  // The upper bits are an extension.
  const { errcode } = (error ?? {}) as { readonly errcode?: unknown };
  return typeof errcode === 'number' ? CAUSES[errcode & 0xff] : undefined;
}
