import { crc32 } from 'node:zlib';
import { refuse } from '../errors';
import { type CacheFile, isDamage, type OnSetAside, openCacheFile, replaceCacheFile } from './cache-file';
import type { CacheEntry, CacheStore } from './cache-store';

/** How often a use is recorded, in milliseconds: each record is a write. */
const USE_RESOLUTION = 60_000;

export interface FileStoreOptions {
  /** Default 10,000. Exceeded by at most a tenth for each process that writes. */
  readonly maxEntries?: number;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
  readonly onSetAside?: OnSetAside;
}

/**
 * Keeps entries in one SQLite file, shared by any number of processes; the expired and the least recently
 * used (to the minute) go first. A process that dies in the middle of a write leaves the value of before.
 * Each row carries a checksum, so that a damaged value is a miss rather than another value.
 */
export class FileStore implements CacheStore {
  private readonly maxEntries: number;
  private readonly now: () => number;
  private file: CacheFile;
  private writes = 0;

  /**
   * @param path of the file; it is made where there is none, and put away where it is not sound
   * @throws InputError when `maxEntries` is not a positive integer
   * @throws Error when the file can be neither opened nor made
   */
  constructor(
    private readonly path: string,
    private readonly options: FileStoreOptions = {},
  ) {
    this.maxEntries = options.maxEntries ?? 10_000;
    this.now = options.now ?? Date.now;
    if (!Number.isInteger(this.maxEntries) || this.maxEntries < 1)
      throw refuse('cache-max-entries', `a cache cannot hold ${this.maxEntries} entries`, 'give 1 or more');
    this.file = openCacheFile(path, options.onSetAside);
    this.sound(() => this.prune());
  }

  async get(namespace: string, key: string): Promise<CacheEntry | undefined> {
    return this.sound(() => {
      const row = this.row(namespace, key);
      if (row === undefined) return undefined;
      const entry = { json: row.json, writtenAt: row.written_at, expiresAt: row.expires_at };
      if (row.crc !== checksum(namespace, key, entry)) {
        this.remove(namespace, key);
        return undefined;
      }
      if (Math.abs(this.now() - row.used_at) >= USE_RESOLUTION) this.recordUse(namespace, key);
      return entry;
    });
  }

  async set(namespace: string, key: string, entry: CacheEntry): Promise<void> {
    const crc = checksum(namespace, key, entry);
    this.sound(() => {
      this.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)').run(
        ...[text(namespace), text(key), entry.json, entry.writtenAt, entry.expiresAt, this.now(), crc],
      );
      this.writes += 1;
      if (this.writes % Math.ceil(this.maxEntries / 10) === 0) this.prune();
    });
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

  private prepare(sql: string) {
    return this.file.database.prepare(sql);
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
    this.prepare('DELETE FROM entry WHERE expires_at <= ?').run(this.now());
    this.prepare(
      `DELETE FROM entry WHERE rowid IN
         (SELECT rowid FROM entry ORDER BY used_at DESC, rowid DESC LIMIT -1 OFFSET ?)`,
    ).run(this.maxEntries);
  }
}

interface Row {
  readonly json: string;
  readonly written_at: number;
  readonly expires_at: number;
  readonly used_at: number;
  readonly crc: number;
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
