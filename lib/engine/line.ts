import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { InputError } from '../errors';
import { startTimeOf } from '../gates/process-table';
import { lockHome } from './lock';

/** A run that waits for its turn in a `.lex-pr` folder: one at a time goes on there. */
const entrySchema = z.object({
  run: z.string(),
  target: z.string(),
  /** Milliseconds since the epoch. */
  since: z.number(),
  /** It goes ahead of those without. */
  hotfix: z.boolean(),
  pid: z.int(),
  /** As the system tells it, to recognise a reused pid. */
  startTime: z.string(),
});
export type Entry = z.output<typeof entrySchema>;

/** The run was taken out of the line by somebody else: it was cancelled. */
export class TakenOutError extends Error {}

const folderOf = (home: string) => join(home, 'waiting');
/** Touched by whoever lets the next one in. */
const bellOf = (home: string) => join(folderOf(home), '.bell');

/** Nobody is told of the death of a process, nor where files cannot be watched: at most so long between two looks. */
const LOOK_MS = 1_000;

/**
 * Waits in line for the lock of a `.lex-pr` folder: hot-fixes first, then in the order in which they came. Who dies in
 * line, or with the lock, is passed over.
 * @param onPlace told how many are before it, when it has to wait and whenever that changes
 * @returns a function that releases the lock, and lets the next one in
 * @throws TakenOutError when `takeOut` was faster; the reason of `signal` when that is aborted
 */
export async function waitInLine(
  home: string,
  entry: Pick<Entry, 'run' | 'target' | 'hotfix'>,
  onPlace: (before: readonly Entry[]) => void,
  signal: AbortSignal,
): Promise<() => void> {
  const file = enter(home, entry);
  const bell = listen(folderOf(home));
  let shown = '';
  try {
    for (;;) {
      signal.throwIfAborted();
      const line = waitingIn(home);
      const place = line.findIndex(({ run }) => run === entry.run);
      if (place < 0) throw new TakenOutError(`run ${entry.run} was taken out of the line`);
      const unlock = place === 0 ? tryLock(home) : undefined;
      if (unlock !== undefined) {
        if (remove(file)) return unlock;
        unlock();
        throw new TakenOutError(`run ${entry.run} was taken out of the line`);
      }
      const before = line.slice(0, place);
      const key = before.map(({ run }) => run).join();
      if (shown !== `+${key}`) onPlace(before);
      shown = `+${key}`;
      await bell.wait(signal);
    }
  } finally {
    bell.close();
    remove(file);
    ring(home);
  }
}

/** Who waits, in order, without those that are dead. */
export function waitingIn(home: string): Entry[] {
  const entries = namesIn(home).flatMap((name) => read(join(folderOf(home), name)) ?? []);
  return entries
    .filter(({ pid, startTime }) => startTimeOf(pid) === startTime)
    .sort((a, b) => Number(b.hotfix) - Number(a.hotfix) || a.since - b.since || (a.run < b.run ? -1 : 1));
}

/** Takes a run out of the line. @returns whether it was there; if not it does not wait any more */
export function takeOut(home: string, run: string): boolean {
  const taken = remove(join(folderOf(home), `${run}.json`));
  ring(home);
  return taken;
}

/** Tells those who wait to look again. */
function ring(home: string): void {
  try {
    writeFileSync(bellOf(home), '');
  } catch (error) {
    // Nobody has ever waited here, or the folder is gone.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function enter(home: string, entry: Pick<Entry, 'run' | 'target' | 'hotfix'>): string {
  mkdirSync(folderOf(home), { recursive: true });
  const { pid } = process;
  const full: Entry = { ...entry, since: Date.now(), pid, startTime: startTimeOf(pid) ?? '' };
  const file = join(folderOf(home), `${entry.run}.json`);
  // Whole, or not at all.
  writeFileSync(`${file}.new`, JSON.stringify(full));
  renameSync(`${file}.new`, file);
  return file;
}

function tryLock(home: string): (() => void) | undefined {
  try {
    const unlock = lockHome(home);
    return () => {
      unlock();
      ring(home);
    };
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

function namesIn(home: string): string[] {
  try {
    return readdirSync(folderOf(home)).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function read(file: string): Entry | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** @returns whether it was there */
function remove(file: string): boolean {
  try {
    rmSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Hears of every change in a folder. */
function listen(folder: string) {
  let heard = false;
  let wake = () => {};
  const notify = () => {
    heard = true;
    wake();
  };
  let close = () => {};
  try {
    const watcher = watch(folder, notify);
    watcher.on('error', notify);
    close = () => watcher.close();
  } catch {
    // Out of watches: then only the clock tells.
  }
  return {
    close,
    /** Resolves at the next change, or after a while. */
    wait: (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          wake = () => {};
          heard = false;
          resolve();
        };
        const timer = setTimeout(end, LOOK_MS);
        wake = end;
        signal.addEventListener('abort', end, { once: true });
        if (heard || signal.aborted) end();
      }),
  };
}
