import { join } from 'node:path';
import { openLog } from '../logs/open-log';
import { failedGates } from './facts';
import type { LogTails } from './markdown';
import type { Report } from './report';

/** Lines kept of a log, and how much of its end is read for them. */
const LINES = 20;
const BYTES = 8 << 10;

/**
 * The last lines of a log.
 * @param isPart whether `text` begins somewhere in the middle
 */
export function lastLines(text: string, isPart: boolean): string {
  const lines = text.trimEnd().split('\n');
  // The first line is only a part of one, unless it is all there is.
  return (isPart && lines.length > 1 ? lines.slice(1) : lines).slice(-LINES).join('\n');
}

/** The tail of a log that is in memory as a whole. */
export function tailOf(log: Buffer): string {
  const start = Math.max(0, log.length - BYTES);
  return lastLines(log.toString('utf8', start), start > 0);
}

/**
 * Reads the last lines of every failed gate's log.
 * @param folder the artifact folder; a log that is no longer there is left out
 */
export async function readTails(folder: string, report: Report): Promise<LogTails> {
  const tails = new Map<string, string>();
  for (const { gate } of failedGates(report)) {
    const tail = gate.log === null ? undefined : await readTail(join(folder, gate.log));
    if (gate.log !== null && tail !== undefined) tails.set(gate.log, tail);
  }
  return tails;
}

/** The last lines of a log; undefined where it is not there, or cannot be read: a report is not to fail by it. */
export async function readTail(path: string): Promise<string | undefined> {
  try {
    const log = await openLog(path);
    if (log === undefined) return undefined;
    await using file = log.file;
    const { size } = log.stats;
    const start = Math.max(0, size - BYTES);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return lastLines(buffer.toString('utf8', 0, bytesRead), start > 0);
  } catch {
    return undefined;
  }
}
