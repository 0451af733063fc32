import { join } from 'node:path';
import { GATE_PASSES, type PassAbout } from '../engine/gate-passes';
import { keptArtifacts } from '../engine/kept-artifacts';
import type { ListedEntry } from '../performance/file-store';
import { sizeOnDisk } from '../performance/size-on-disk';
import { formatDuration } from '../report/duration';
import { openHome } from '../repository/home';
import { printable } from '../telemetry/printable';
import { boundsInWords, boundsOf, operationOf, sizeInWords, withCache } from './cache';
import type { Io } from './io';

export interface CacheListOptions {
  readonly json?: boolean;
  readonly operation?: string;
  readonly limit: number;
}

/** An entry of `lex-pr cache list --json`. */
export interface ShownEntry {
  readonly operation: string;
  readonly key: string;
  /** What it is about, as far as that can be told. */
  readonly about: string;
  /** ISO 8601, as the times below. */
  readonly writtenAt: string;
  readonly expiresAt: string;
  readonly usedAt: string;
  /** Of the value, and of files that are kept with it. */
  readonly bytes: number;
}

/** `lex-pr cache list`: what is remembered, the newest first. @returns the exit code */
export async function cacheList(options: CacheListOptions, io: Io): Promise<number> {
  const { json, operation, limit } = options;
  const home = await openHome(io.cwd);
  const { listed, count, bounds } = await withCache(home, (cache) => {
    const all = [...cache.sizes()].filter(
      ([name]) => operation === undefined || operationOf(name) === operation,
    );
    return {
      listed: cache.list(
        limit,
        all.map(([name]) => name),
      ),
      count: all.reduce((sum, [, entries]) => sum + entries, 0),
      bounds: boundsOf(cache),
    };
  });
  const entries = await Promise.all(listed.map((entry) => show(entry, home)));
  const more = count - entries.length;
  io.stdout.write(
    json
      ? `${JSON.stringify({ entries, more, bounds })}\n`
      : `${inWords(entries, more, Date.now())}${boundsInWords(bounds)}\n`,
  );
  return 0;
}

async function show(entry: ListedEntry, home: string): Promise<ShownEntry> {
  const { namespace, key, json, writtenAt, expiresAt, usedAt } = entry;
  const files = namespace === GATE_PASSES ? await sizeOnDisk(join(keptArtifacts(home), key)) : 0;
  return {
    operation: operationOf(namespace),
    key,
    about: aboutOf(entry),
    writtenAt: new Date(writtenAt).toISOString(),
    expiresAt: new Date(Math.min(expiresAt, MAX_DATE)).toISOString(),
    usedAt: new Date(usedAt).toISOString(),
    bytes: Buffer.byteLength(json) + files,
  };
}

/** The last moment that a date can be, in milliseconds. */
const MAX_DATE = 8.64e15;

/** A key that is no hash says it itself. */
function aboutOf({ namespace, key, json }: ListedEntry): string {
  const operation = operationOf(namespace);
  try {
    if (namespace === GATE_PASSES) {
      const { about } = JSON.parse(json) as { about?: PassAbout };
      if (about === undefined) return key;
      return `${about.gate} of ${about.item ?? 'the woven commit'}, tree ${about.tree.slice(0, 12)}`;
    }
    if (operation === 'duration' || operation === 'last-pass') {
      const [gate, item] = JSON.parse(key) as [string, (string | null)?];
      return `${gate} of ${item === undefined ? 'all items' : (item ?? 'the woven commit')}`;
    }
  } catch {
    // An entry of an older format, or a damaged one.
  }
  return key;
}

function inWords(entries: readonly ShownEntry[], more: number, now: number): string {
  if (entries.length === 0) return 'Nothing is remembered.\n';
  const width = Math.max(...entries.map(({ operation }) => operation.length));
  const lines = entries.map(({ operation, about, writtenAt, expiresAt, bytes }) => {
    const age = formatDuration(Math.max(0, now - Date.parse(writtenAt)));
    const left = formatDuration(Math.max(0, Date.parse(expiresAt) - now));
    const what = printable(about.length > 100 ? `${about.slice(0, 99)}…` : about);
    return `${operation.padEnd(width)}  ${age.padStart(7)} old, for ${left.padStart(7)} more  ${sizeInWords(bytes).padStart(9)}  ${what}`;
  });
  if (more > 0) lines.push(`and ${more} more: --limit shows them`);
  return `${lines.join('\n')}\n`;
}
