import { type Entry, TakenOutError, waitInLine } from '../engine/line';
import { lockHome } from '../engine/lock';
import { runningRun } from '../engine/running';
import { EndedEarly } from '../errors';
import { ExitCode, type Io } from './io';
import { writeNotes } from './notes';
import { isMachine, type OutputOptions } from './open-sink';
import { printLeft } from './print-left';
import { catchSignals } from './signals';

export interface LineOptions extends OutputOptions {
  /** False: a run that goes on already is a reason to refuse. */
  readonly wait?: boolean;
}

/**
 * Locks a `.lex-pr` folder for a run, after those that are before it.
 * @returns how to lock it, for `openWorkspace`; that throws EndedEarly for a run that left the line
 */
export function lineFor(
  entry: Pick<Entry, 'run' | 'target' | 'hotfix'>,
  options: LineOptions,
  io: Io,
): (home: string) => Promise<() => void> {
  return async (home) => {
    if (options.wait === false) return lockHome(home);
    const leaving = new AbortController();
    const signals = catchSignals(() => leaving.abort());
    const note = (event: string, message: string) =>
      writeNotes([{ event, message }], isMachine(options), io, { run: entry.run }, 'queue');
    const told = (before: readonly Entry[]) => note('waiting', waitingWords(runningRun(home), before));
    try {
      return await waitInLine(home, entry, told, leaving.signal);
    } catch (error) {
      const isTaken = error instanceof TakenOutError;
      if (!isTaken && !leaving.signal.aborted) throw error;
      note('left', `run ${entry.run} ${isTaken ? 'was cancelled' : 'has left the line'} before its turn`);
      printLeft(entry.run, 'cancelled', options, io);
      throw new EndedEarly(isTaken ? ExitCode.failed : signals.exitCode());
    } finally {
      signals.release();
    }
  };
}

function waitingWords(running: string | undefined, before: readonly Entry[]): string {
  const first = running === undefined ? 'another run' : `run ${running}`;
  const more = before.length === 0 ? '' : `, then ${before.map(({ run }) => run).join(', ')}`;
  return `waiting for ${first}${more}; see lex-pr queue, Ctrl-C leaves the line`;
}
