import { rm } from 'node:fs/promises';
import { keptArtifacts, MAX_ARTIFACT_BYTES } from '../engine/kept-artifacts';
import { lockHome } from '../engine/lock';
import { cacheFile } from '../engine/open-cache';
import { stateFile } from '../engine/workspace';
import { InputError } from '../errors';
import { FileStore } from '../performance/file-store';
import { sizeOnDisk } from '../performance/size-on-disk';
import { formatDuration } from '../report/duration';
import { readKeptReport } from '../report/kept';
import { openHome } from '../repository/home';
import type { Io } from './io';

/** What the cache does not exceed: what was used least recently goes. */
export interface CacheBounds {
  readonly entries: number;
  /** Of all entries. */
  readonly bytes: number;
  /** Of the files of remembered gates, looked at when a run starts. */
  readonly artifactBytes: number;
}

/** What `lex-pr cache stats --json` prints. */
export interface CacheStats {
  /** By operation. */
  readonly entries: Readonly<Record<string, number>>;
  /** For how long these are kept at most, by operation; the plan says it for its results (`cacheTTLSeconds`). */
  readonly keptSeconds: Readonly<Record<string, number>>;
  readonly bounds: CacheBounds;
  /** Of the cache file and of the artifacts of remembered gates. */
  readonly bytes: number;
  /** What the last run that ended found in it, by operation; null where no run has. */
  readonly lastRun: {
    readonly runId: string;
    readonly operations: Readonly<Record<string, { hits: number; misses: number; hitRate: number }>>;
  } | null;
}

/** `lex-pr cache stats`. @returns the exit code */
export async function cacheStats({ json }: { readonly json?: boolean }, io: Io): Promise<number> {
  const home = await openHome(io.cwd);
  const held = await withCache(home, (cache) => ({
    entries: byOperation(cache.sizes(), (a, b) => a + b),
    keptSeconds: byOperation(cache.lifetimes(), (a, b) => Math.max(a, b / 1000)),
    bounds: boundsOf(cache),
  }));
  const stats: CacheStats = { ...held, bytes: await bytesOf(home), lastRun: await lastRun(home) };
  io.stdout.write(json ? `${JSON.stringify(stats)}\n` : inWords(stats));
  return 0;
}

/** `lex-pr cache clear`. @returns the exit code @throws InputError while a run is going on */
export async function cacheClear({ json }: { readonly json?: boolean }, io: Io): Promise<number> {
  const home = await openHome(io.cwd);
  const unlock = lockHome(home);
  try {
    const before = await bytesOf(home);
    const entries = await clearEntries(home);
    await rm(keptArtifacts(home), { recursive: true, force: true });
    const freedBytes = Math.max(0, before - (await bytesOf(home)));
    io.stdout.write(
      json
        ? `${JSON.stringify({ entries, freedBytes })}\n`
        : `Removed ${entries === null ? 'the cache' : entriesOf(entries)}${freedWords(freedBytes)}.\n`,
    );
    return 0;
  } finally {
    unlock();
  }
}

/** @returns how many, or null where they could not be counted */
async function clearEntries(home: string): Promise<number | null> {
  let entries: number | null = null;
  let useless = ASIDE;
  try {
    entries = await withCache(home, async (cache) => {
      const count = cache.size();
      await cache.clear();
      return count;
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_SQLITE_ERROR') throw error;
    // On a full disk nothing can be deleted within a file, but the file can.
    useless = ['', '-wal', '-shm', '.lock', ...ASIDE];
  }
  for (const suffix of useless) await rm(`${cacheFile(home)}${suffix}`, { recursive: true, force: true });
  return entries;
}

export async function withCache<R>(home: string, action: (cache: FileStore) => R | Promise<R>): Promise<R> {
  const cache = new FileStore(cacheFile(home));
  try {
    return await action(cache);
  } finally {
    cache.close();
  }
}

/** Namespaces are `operation/format`. */
export const operationOf = (namespace: string) => namespace.split('/', 1)[0]!;

/** One number for each operation, from those of its namespaces. */
function byOperation(
  numbers: ReadonlyMap<string, number>,
  add: (sum: number, next: number) => number,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [namespace, next] of numbers) {
    const operation = operationOf(namespace);
    sums[operation] = add(sums[operation] ?? 0, next);
  }
  return sums;
}

export const boundsOf = ({ maxEntries, maxBytes }: FileStore): CacheBounds => ({
  entries: maxEntries,
  bytes: maxBytes,
  artifactBytes: MAX_ARTIFACT_BYTES,
});

export const boundsInWords = ({ entries, bytes, artifactBytes }: CacheBounds) =>
  `At most ${entries} entries and ${sizeInWords(bytes)}, and ${sizeInWords(artifactBytes)} of files of passes; what was used least recently goes.`;

/** Where the store puts a file that it cannot use. */
const ASIDE = ['.set-aside', '.set-aside-wal'];

async function bytesOf(home: string): Promise<number> {
  const files = ['', '-wal', '-shm', ...ASIDE].map((suffix) => `${cacheFile(home)}${suffix}`);
  const sizes = await Promise.all([...files, keptArtifacts(home)].map(sizeOnDisk));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

async function lastRun(home: string): Promise<CacheStats['lastRun']> {
  try {
    const report = await readKeptReport(home, stateFile(home), undefined);
    const operations = Object.entries(report.cache).map(
      ([name, { hits, misses, hitRate }]) => [name, { hits, misses, hitRate }] as const,
    );
    return { runId: report.runId, operations: Object.fromEntries(operations) };
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

function inWords({ entries, keptSeconds, bounds, bytes, lastRun }: CacheStats): string {
  const counts = Object.entries(entries);
  const lines = [
    ...counts.map(([operation, count]) => {
      const kept = formatDuration(Math.round(keptSeconds[operation]! * 1000));
      return `${operation.padEnd(10)}${entriesOf(count).padStart(16)}, each for at most ${kept}`;
    }),
    ...(counts.length === 0 ? ['The cache is empty.'] : []),
    `${'on disk'.padEnd(10)}${sizeInWords(bytes).padStart(16)}`,
    boundsInWords(bounds),
    ...(lastRun === null ? [] : ['', `Last run, ${lastRun.runId}:`]),
    ...Object.entries(lastRun?.operations ?? {}).map(([operation, { hits, misses, hitRate }]) => {
      const share = hits + misses === 0 ? 'not used' : `${Math.round(hitRate * 100)} % hits`;
      return `${operation.padEnd(10)}${share}${hits + misses === 0 ? '' : `, ${hits} of ${hits + misses}`}`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}

/** A small file stays as large as it was when it is emptied. */
const freedWords = (bytes: number) => (bytes === 0 ? '' : `, ${sizeInWords(bytes)} on disk`);

const entriesOf = (count: number) => (count === 1 ? '1 entry' : `${count} entries`);

export function sizeInWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
