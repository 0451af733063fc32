import { isCarried, runningRun } from '../engine/running';
import { stateFile } from '../engine/workspace';
import { openRuns } from '../run/sqlite-reader';
import type { StoredRun } from '../run/store';
import type { Io } from './io';
import { writeNotes } from './notes';

/**
 * Who asks for the last run is told of the last one that has ended: says on standard error where another goes on, or
 * was begun later and interrupted.
 * @param about the command
 */
export async function noteNewerRun(home: string, about: string, json: boolean, io: Io): Promise<void> {
  const runs = await openRuns(stateFile(home));
  const known = await runs.list().finally(() => runs.close());
  const told = known.find(({ endedAt }) => endedAt !== undefined);
  if (told === undefined) return;
  const message = newerRun(known, told.id, runningRun(home), (run) => isCarried(home, run));
  if (message !== undefined) writeNotes([{ event: about, message }], json, io, { run: told.id }, about);
}

/**
 * @param runs the last one first
 * @param told the run that is told of
 * @param current the run that a process carries, if one does
 * @returns a sentence; undefined where the run that is told of is the last one
 */
export function newerRun(
  runs: readonly Pick<StoredRun, 'id' | 'endedAt'>[],
  told: string,
  current: string | undefined,
  isCarried: (run: string) => boolean,
): string | undefined {
  const isAbout = `this is about ${told}, the last one that has ended`;
  if (current !== undefined && current !== told) return `run ${current} goes on: ${isAbout}`;
  const [last] = runs;
  if (last === undefined || last.endedAt !== undefined) return undefined;
  return isCarried(last.id)
    ? `run ${last.id} goes on: ${isAbout}`
    : `run ${last.id} was interrupted and goes on with lex-pr resume: ${isAbout}`;
}
