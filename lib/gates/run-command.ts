import { closeSync } from 'node:fs';
import { type Exit, type HeldProcess, spawnHeld } from './held-process';
import { readOutput } from './output';
import { closePipe, takePipe } from './pipe';
import { endProcessGroup, GRACE, type ProcessRecord } from './process-group';
import { startTimer } from './timer';

export interface Command {
  /** The absolute path of a program, and its arguments. */
  readonly argv: readonly string[];
  /** Absolute path of an existing folder. */
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly timeoutSeconds: number;
  /** Abort stops the command. */
  readonly signal: AbortSignal;
  readonly onStart: (process: ProcessRecord) => void;
  /** Gets standard output and error as they come; the chunk is reused afterwards. */
  readonly onOutput: (chunk: Uint8Array) => void;
}

export interface CommandEnd extends Exit {
  /** Whether this module ended the command, rather than it itself. */
  readonly interruption: 'timeout' | 'stopped' | undefined;
  /** From the release of the program to its end, in ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Whether a process of the group outlived SIGKILL, as one of another user does. */
  readonly survived: boolean;
}

/**
 * Runs a program in a process group of its own until it exits and nothing of the group is left.
 * @returns undefined where it was stopped before there was a process
 * @throws what `onStart` and `onOutput` throw, the group being ended first, and the system's error where it
 *   cannot start a process (`E2BIG`: the command or its environment is too long)
 */
export async function runCommand(command: Command): Promise<CommandEnd | undefined> {
  const pipe = await takePipe();
  if (command.signal.aborted) {
    closePipe(pipe);
    return undefined;
  }
  let held: HeldProcess;
  try {
    held = await spawnHeld(command.argv, { cwd: command.cwd, env: command.env, output: pipe.writeEnd });
  } catch (error) {
    closeSync(pipe.readEnd);
    throw error;
  } finally {
    closeSync(pipe.writeEnd);
  }
  return supervise(command, held, pipe.readEnd);
}

async function supervise(command: Command, held: HeldProcess, readEnd: number): Promise<CommandEnd> {
  const { processGroup } = held.record;
  let interruption: CommandEnd['interruption'];
  let fault: { readonly error: unknown } | undefined;
  let ending: Promise<boolean> | undefined;
  const interrupt = (why: CommandEnd['interruption'], grace: number) => {
    if (ending !== undefined) return;
    interruption = why;
    ending = endProcessGroup(processGroup, grace);
  };
  const stopReading = readOutput(readEnd, command.onOutput, (error) => {
    fault ??= { error };
    interrupt(undefined, 0);
  });
  const onAbort = () => interrupt('stopped', GRACE);
  let cancelTimer = () => {};
  let exit: Exit;
  let gone = false;
  let startedAt = 0;
  let endedAt = 0;
  try {
    command.signal.addEventListener('abort', onAbort);
    command.onStart(held.record);
    startedAt = Date.now();
    const released = performance.now();
    held.release();
    cancelTimer = startTimer(command.timeoutSeconds * 1000, () => interrupt('timeout', GRACE));
    exit = await held.exited;
    endedAt = startedAt + Math.round(performance.now() - released);
  } finally {
    cancelTimer();
    command.signal.removeEventListener('abort', onAbort);
    // An interrupted group has the rest of its grace; any other is killed with its shell.
    gone = await (ending ?? endProcessGroup(processGroup, 0));
    stopReading();
  }
  if (fault !== undefined) throw fault.error;
  return { ...exit, interruption, startedAt, endedAt, survived: !gone };
}
