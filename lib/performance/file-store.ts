import type { StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { refuse } from '../errors';
import { type CacheFile, isDamage, type OnSetAside, openCacheFile, replaceCacheFile } from './cache-file';
import type { CacheEntry, CacheStore } from './cache-store';

/** How often a use is recorded, in milliseconds: each record is a write. */
const USE_RESOLUTION = 60_000;

export interface FileStoreOptions {
  /** Default 200,000. Exceeded by at most a tenth for each process that writes. */
  readonly maxEntries?: number;
  /** Of the file. Default 256 MiB. Exceeded by at most a tenth, or a value, for each process that writes. */
  readonly maxBytes?: number;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
  readonly onSetAside?: OnSetAside;
}

/** Others wait for that many rows to be read or written, and no longer. */
const IN_A_TRANSACTION = 1_000;

/** What a row and its places in the indices take beside its texts, in bytes (measured). */
const ROW_BYTES = 200;

/** What is known of an entry without its value being of any use. */
export interface ListedEntry {
  readonly namespace: string;
  readonly key: string;
  readonly json: string;
  /** Milliseconds since 1970. */
  readonly writtenAt: number;
  readonly expiresAt: number;
  /** To the minute. */
  readonly usedAt: number;
}

/**
 * Keeps entries in one SQLite file, shared by any number of processes; the expired and the least recently
 * used (to the minute) go first. A process that dies in the middle of a write leaves the value of before.
 * Each row carries a checksum, so that a damaged value is a miss rather than another value.
 */
export class FileStore implements CacheStore {
  readonly maxEntries: number;
  readonly maxBytes: number;
  private readonly now: () => number;
  private file: CacheFile;
  /** What was prepared for a file, by its text. */
  private readonly statements = new WeakMap<CacheFile['database'], Map<string, StatementSync>>();
  /** Since it was pruned. */
  private writes = 0;
  private written = 0;

  /**
   * @param path of the file; it is made where there is none, and put away where it is not sound
   * @throws InputError when a bound is not a positive integer
   * @throws Error when the file can be neither opened nor made
   */
  constructor(
    private readonly path: string,
    private readonly options: FileStoreOptions = {},
  ) {
    this.maxEntries = options.maxEntries ?? 200_000;
    this.maxBytes = options.maxBytes ?? 256 * 2 ** 20;
    this.now = options.now ?? Date.now;
    if (!Number.isInteger(this.maxEntries) || this.maxEntries < 1)
      throw refuse('cache-max-entries', `a cache cannot hold ${this.maxEntries} entries`, 'give 1 or more');
    if (!Number.isInteger(this.maxBytes) || this.maxBytes < 1)
      throw refuse('cache-max-bytes', `a cache cannot hold ${this.maxBytes} bytes`, 'give 1 or more');
    this.file = openCacheFile(path, options.onSetAside);
    this.sound(() => this.prune());
  }

  async get(namespace: string, key: string): Promise<CacheEntry | undefined> {
    return this.sound(() => this.read(namespace, key));
  }

  async set(namespace: string, key: string, entry: CacheEntry): Promise<void> {
    this.sound(() => this.write(namespace, key, entry));
  }

  async getMany(namespace: string, keys: readonly string[]): Promise<Map<string, CacheEntry>> {
    const entries = new Map<string, CacheEntry>();
    this.together(keys, (key) => {
      const entry = this.read(namespace, key);
      if (entry !== undefined) entries.set(key, entry);
    });
    return entries;
  }

  async setMany(namespace: string, entries: ReadonlyMap<string, CacheEntry>): Promise<void> {
    this.together([...entries], ([key, entry]) => this.write(namespace, key, entry));
  }

  async delete(namespace: string, key: string): Promise<void> {
    this.sound(() => this.remove(namespace, key));
  }

  size(namespace?: string): number {
    const [where, args] = inNamespace(namespace);
    const row = this.sound(() => this.prepare(`SELECT count(*) AS n FROM entry ${where}`).get(...args));
    return Number(row?.n);
  }

  /** Entries by namespace, as `size` counts them. */
  sizes(): ReadonlyMap<string, number> {
    const sql = 'SELECT namespace, count(*) AS n FROM entry GROUP BY namespace ORDER BY namespace';
    const rows = this.sound(() => this.prepare(sql).all());
    return new Map(rows.map(({ namespace, n }) => [JSON.parse(String(namespace)), Number(n)]));
  }

  /** By namespace: for how long its entries are kept at most, in milliseconds. */
  lifetimes(): ReadonlyMap<string, number> {
    const sql = 'SELECT namespace, max(expires_at - written_at) AS ms FROM entry GROUP BY namespace';
    const rows = this.sound(() => this.prepare(sql).all());
    return new Map(rows.map(({ namespace, ms }) => [JSON.parse(String(namespace)), Number(ms)]));
  }

  /**
   * Entries that have not expired, the newest first.
   * @param namespaces of these only; those that are not given count as all
   */
  list(limit: number, namespaces?: readonly string[]): ListedEntry[] {
    const [where, args] = among(namespaces);
    const sql = `SELECT namespace, key, json, written_at, expires_at, used_at FROM entry
      WHERE expires_at > ? ${where} ORDER BY written_at DESC, rowid DESC LIMIT ?`;
    const rows = this.sound(() => this.prepare(sql).all(this.now(), ...args, limit));
    return rows.map((row) => ({
      namespace: JSON.parse(String(row.namespace)),
      key: JSON.parse(String(row.key)),
      json: String(row.json),
      writtenAt: Number(row.written_at),
      expiresAt: Number(row.expires_at),
      usedAt: Number(row.used_at),
    }));
  }

  /** When each entry of a namespace was last used: by key, in milliseconds since 1970. */
  uses(namespace: string): ReadonlyMap<string, number> {
    const sql = 'SELECT key, used_at FROM entry WHERE namespace = ?';
    const rows = this.sound(() => this.prepare(sql).all(text(namespace)));
    return new Map(rows.map(({ key, used_at }) => [JSON.parse(String(key)), Number(used_at)]));
  }

  /** Gives the space back to the disk when all namespaces are cleared. */
  async clear(namespace?: string): Promise<void> {
    const [where, args] = inNamespace(namespace);
    this.sound(() => {
      this.prepare(`DELETE FROM entry ${where}`).run(...args);
      if (namespace === undefined) this.file.database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
    });
  }

  /** Closes the file; every later call rejects. */
  close(): void {
    this.file.database.close();
  }

  /** Runs an action; should the file prove damaged, once more on a new one. */
  private sound<R>(action: () => R): R {
    try {
      return action();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.file = replaceCacheFile(this.path, this.file, String(error), this.options.onSetAside);
      return action();
    }
  }

  /** Does something for each of many values, many in one transaction, which costs the disk as much as one alone. */
  private together<T>(values: readonly T[], act: (value: T) => void): void {
    for (let from = 0; from < values.length; from += IN_A_TRANSACTION)
      this.sound(() => this.transact(() => values.slice(from, from + IN_A_TRANSACTION).forEach(act)));
  }

  private transact(action: () => void): void {
    const { database } = this.file;
    database.exec('BEGIN IMMEDIATE');
    try {
      action();
      database.exec('COMMIT');
    } catch (error) {
      try {
        database.exec('ROLLBACK');
      } catch {
        // It may have ended the transaction itself.
      }
      throw error;
    }
  }

  private read(namespace: string, key: string): CacheEntry | undefined {
    const row = this.row(namespace, key);
    if (row === undefined) return undefined;
    const entry = { json: row.json, writtenAt: row.written_at, expiresAt: row.expires_at };
    if (row.crc !== checksum(namespace, key, entry)) {
      this.remove(namespace, key);
      return undefined;
    }
    if (Math.abs(this.now() - row.used_at) >= USE_RESOLUTION) this.recordUse(namespace, key);
    return entry;
  }

  private write(namespace: string, key: string, entry: CacheEntry): void {
    const crc = checksum(namespace, key, entry);
    this.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)').run(
      ...[text(namespace), text(key), entry.json, entry.writtenAt, entry.expiresAt, this.now(), crc],
    );
    this.writes += 1;
    this.written += entry.json.length + key.length + ROW_BYTES;
    if (this.writes >= this.maxEntries / 10 || this.written >= this.maxBytes / 10) this.prune();
  }

  private prepare(sql: string): StatementSync {
    const { database } = this.file;
    const prepared = this.statements.get(database) ?? new Map<string, StatementSync>();
    this.statements.set(database, prepared);
    const statement = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  }

  private row(namespace: string, key: string): Row | undefined {
    const sql =
      'SELECT json, written_at, expires_at, used_at, crc FROM entry WHERE namespace = ? AND key = ?';
    return this.prepare(sql).get(text(namespace), text(key)) as unknown as Row | undefined;
  }

  private recordUse(namespace: string, key: string): void {
    const sql = 'UPDATE entry SET used_at = ? WHERE namespace = ? AND key = ?';
    this.prepare(sql).run(this.now(), text(namespace), text(key));
  }

  private remove(namespace: string, key: string): void {
    this.prepare('DELETE FROM entry WHERE namespace = ? AND key = ?').run(text(namespace), text(key));
  }

  private prune(): void {
    this.writes = 0;
    this.written = 0;
    this.prepare('DELETE FROM entry WHERE expires_at <= ?').run(this.now());
    // Reading all sizes takes its time.
    if (this.size() <= this.maxEntries && this.usedBytes() <= this.maxBytes) return;
    this.prepare(
      `DELETE FROM entry WHERE rowid IN (
         SELECT rowid FROM (
           SELECT rowid, row_number() OVER newest AS place,
             sum(octet_length(json) + octet_length(key) + ${ROW_BYTES}) OVER newest AS bytes
           FROM entry WINDOW newest AS (ORDER BY used_at DESC, rowid DESC ROWS UNBOUNDED PRECEDING))
         WHERE place > ? OR bytes > ?)`,
    ).run(this.maxEntries, this.maxBytes);
  }

  /** Of the file, without the pages that are free. */
  private usedBytes(): number {
    const [pages, free, size] = ['page_count', 'freelist_count', 'page_size'].map((name) =>
      Number(this.prepare(`PRAGMA ${name}`).get()?.[name]),
    ) as [number, number, number];
    return (pages - free) * size;
  }
}

interface Row {
  readonly json: string;
  readonly written_at: number;
  readonly expires_at: number;
  readonly used_at: number;
  readonly crc: number;
}

function among(namespaces: readonly string[] | undefined): [where: string, args: string[]] {
  if (namespaces === undefined) return ['', []];
  return [`AND namespace IN (${namespaces.map(() => '?').join(', ')})`, namespaces.map(text)];
}

function inNamespace(namespace: string | undefined): [where: string, args: string[]] {
  return namespace === undefined ? ['', []] : ['WHERE namespace = ?', [text(namespace)]];
}

/** JSON text has no NUL and no lone surrogate, which SQLite's UTF-8 would not tell apart. */
function text(name: string): string {
  return JSON.stringify(name);
}

function checksum(namespace: string, key: string, { json, writtenAt, expiresAt }: CacheEntry): number {
  return crc32(JSON.stringify([namespace, key, json, writtenAt, expiresAt]));
}
