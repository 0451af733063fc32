import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { readOutput } from './output';
import { takePipe } from './pipe';
import { endProcessGroup, type ProcessRecord } from './process-group';
import { startTimeOf } from './process-table';
import type { Exit, Output, Program, StartedProcess } from './started-process';

/**
 * Waits for one line, then becomes the command, with an empty standard input. If this process dies first,
 * the line never comes, and the holder ends without having run anything.
 */
const HOLDER = 'IFS= read -r _ && exec "$@" </dev/null';

/**
 * Starts a program as a child of this process: the larger that is, the longer it takes.
 * @param onStart called with the process before the program runs; where it throws, or `signal` is aborted by then, the
 *   program never does
 * @throws what `onStart` throws, and the system's error where it cannot start a process (`E2BIG`: the command or its
 *   environment is too long)
 */
export async function startHeld(
  program: Program,
  output: Output,
  onStart: (process: ProcessRecord) => void,
  signal: AbortSignal,
): Promise<StartedProcess> {
  const { pid, readEnd, release, exited } = await hold(program);
  const reader = readOutput(readEnd, output.write, output.onFault);
  try {
    const startTime = startTimeOf(pid);
    // Without one, somebody has killed it already.
    if (startTime !== undefined) onStart({ pid, processGroup: pid, startTime });
  } catch (error) {
    await endProcessGroup(pid, 0);
    reader.stop();
    throw error;
  }
  const [startedAt, released] = [Date.now(), performance.now()];
  if (!signal.aborted) release();
  return { pid, startedAt, released, exited, stopReading: reader.stop };
}

async function hold({ argv, cwd, env }: Program) {
  const { readEnd, writeEnd } = await takePipe();
  try {
    const child = spawn('/bin/sh', ['-c', HOLDER, 'sh', ...argv], {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ['pipe', writeEnd, writeEnd],
    });
    const exited = once(child, 'exit').then(
      ([exitCode, signal]): Exit => ({ exitCode, signal, alone: false }),
    );
    const { pid, stdin } = child;
    if (pid === undefined || stdin === null) {
      // Without a process, this rejects with the reason.
      await exited;
      throw new Error('no process');
    }
    // A holder that was killed closes its end; how it ended is in `exited`.
    stdin.on('error', () => {});
    return { pid, readEnd, release: () => stdin.end('\n'), exited };
  } catch (error) {
    closeSync(readEnd);
    throw error;
  } finally {
    closeSync(writeEnd);
  }
}
