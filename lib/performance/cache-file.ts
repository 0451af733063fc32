import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { causeOf, openDatabase } from '../database';

/** "lxpr": marks the file as a cache of ours (PRAGMA application_id). */
const APPLICATION = 0x6c787072;
/** Raise it with any change of the table, of what its columns mean or of the checksum (PRAGMA user_version). */
const VERSION = 2;
const FORMAT = `${APPLICATION}/${VERSION}`;
/** How long to wait for other processes, in milliseconds. */
const BUSY_TIMEOUT = 5_000;

const TABLE = `
  CREATE TABLE entry (
    namespace TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL,
    written_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (namespace, key)
  ) STRICT;
  CREATE INDEX entry_by_use ON entry (used_at);
  CREATE INDEX entry_by_expiry ON entry (expires_at);
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${VERSION};
`;

export interface CacheFile {
  readonly database: DatabaseSync;
  /** Which file is open: the path may later name another one. */
  readonly inode: number;
}

/** Told where a file that could not be used was put, and why it could not. */
export type OnSetAside = (path: string, reason: string) => void;

/**
 * Opens the SQLite file of a cache, or makes it, with its folder. One that is damaged or of another
 * format is moved to `<path>.set-aside` (which keeps the last such file only) and started anew.
 * @throws Error when the file can be neither opened nor made
 */
export function openCacheFile(path: string, onSetAside?: OnSetAside): CacheFile {
  mkdirSync(dirname(path), { recursive: true });
  return alone(path, () => openAlone(path, onSetAside));
}

/** Replaces a file that proved damaged while it was open, unless another process has done so already. */
export function replaceCacheFile(path: string, damaged: CacheFile, why: string, on?: OnSetAside): CacheFile {
  damaged.database.close();
  return alone(path, () => {
    if (existsSync(path) && statSync(path).ino === damaged.inode) setAside(path, why, on);
    return openAlone(path, on);
  });
}

/** Whether an error says that the file is not what we wrote, rather than busy, full or forbidden. */
export const isDamage = (error: unknown): boolean => causeOf(error) === 'damaged';

/** Keeps other processes from opening, making or replacing the file meanwhile; a death ends it too. */
function alone<R>(path: string, action: () => R): R {
  const lock = connect(`${path}.lock`);
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return action();
  } finally {
    lock.close();
  }
}

function openAlone(path: string, onSetAside: OnSetAside | undefined): CacheFile {
  const why = existsSync(path) ? reasonToSetAside(path) : undefined;
  if (why !== undefined) setAside(path, why, onSetAside);
  const database = connect(path);
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    if (formatOf(database) !== FORMAT) database.exec(`BEGIN; ${TABLE} COMMIT`);
    return { database, inode: statSync(path).ino };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Why an existing file cannot be used, or undefined when it can: ours, or empty. */
function reasonToSetAside(path: string): string | undefined {
  const database = connect(path);
  try {
    const format = formatOf(database);
    if (format === '0/0' && database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined)
      return undefined;
    if (format !== FORMAT) return `its format is ${format}, not ${FORMAT}`;
    const anyRow = database.prepare(
      'SELECT namespace, key, json, written_at, expires_at, used_at, crc FROM entry',
    );
    // A number too large for JavaScript is for who reads that row.
    anyRow.setReadBigInts(true);
    anyRow.get();
    return undefined;
  } catch (error) {
    if (isDamage(error)) return String(error);
    throw error;
  } finally {
    database.close();
  }
}

function setAside(path: string, why: string, onSetAside: OnSetAside | undefined): void {
  const aside = `${path}.set-aside`;
  // The log goes first: were it left behind by a kill, SQLite could apply it to the new file.
  rmSync(`${path}-shm`, { force: true });
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`);
  else rmSync(`${aside}-wal`, { force: true });
  renameSync(path, aside);
  onSetAside?.(aside, why);
}

const connect = (path: string) => openDatabase(path, BUSY_TIMEOUT);

function formatOf(database: DatabaseSync): string {
  const application = database.prepare('PRAGMA application_id').get();
  const version = database.prepare('PRAGMA user_version').get();
  return `${application?.application_id}/${version?.user_version}`;
}
