import { createHash } from 'node:crypto';

/**
 * A file name for any text: what is safe stays readable, and anything else gets a hash, so that two names never
 * share a file, also where the file system ignores case. What looks as if it had a hash gets another one.
 */
export function fileName(text: string): string {
  const safe = text.replace(/[^a-z0-9._-]/g, '_').replace(/^(?=[.-]|$)/, '_');
  if (safe === text && text.length <= 60 && !/-[0-9a-f]{12}$/.test(text)) return text;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return `${safe.slice(0, 50)}-${hash}`;
}

/** Run ids sort by time: `20260131-235959-1a2b`. */
export function runId(startedAt: number, random: number): string {
  const [date, time] = new Date(startedAt).toISOString().slice(0, 19).split('T');
  const tail = Math.floor(random * 0x10000)
    .toString(16)
    .padStart(4, '0');
  return `${date!.replaceAll('-', '')}-${time!.replaceAll(':', '')}-${tail}`;
}
