import { startHeld } from './held-process';
import type { Launcher } from './launcher';
import { endProcessGroup, GRACE, type ProcessRecord } from './process-group';
import type { Exit, Output, Program, StartedProcess } from './started-process';
import { startTimer } from './timer';

export interface Command extends Program {
  readonly timeoutSeconds: number;
  /** Abort stops the command. */
  readonly signal: AbortSignal;
  /** Called with the process before the command runs, unless the launcher starts it, which records by itself. */
  readonly onStart: (process: ProcessRecord) => void;
  /** Gets standard output and error as they come; the chunk is reused afterwards. */
  readonly onOutput: (chunk: Uint8Array) => void;
  /** What starts it, where that can. */
  readonly launcher?: Launcher | undefined;
  /** As for `Launcher.start`. */
  readonly onlyAsSealed?: boolean | undefined;
}

export interface CommandEnd extends Exit {
  /** Whether this module ended the command, rather than it itself. */
  readonly interruption: 'timeout' | 'stopped' | undefined;
  /** From the release of the program to its end, in ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Whether something that it had started outlived SIGKILL, as a process of another user does. */
  readonly survived: boolean;
}

/**
 * Runs a program in a process group of its own until it exits and nothing of the group is left, nor of what has left the
 * group, where the launcher knows of that.
 * @returns undefined where it was stopped before there was a process
 * @throws what `onStart` and `onOutput` throw, the group being ended first, and the system's error where it
 *   cannot start a process (`E2BIG`: the command or its environment is too long)
 */
export async function runCommand(command: Command): Promise<CommandEnd | undefined> {
  const { signal, launcher, onlyAsSealed, onStart } = command;
  if (signal.aborted) return undefined;
  let fault: { readonly error: unknown } | undefined;
  let end = () => {};
  const output: Output = {
    write: command.onOutput,
    onFault(error) {
      fault ??= { error };
      end();
    },
  };
  const started =
    (await launcher?.start(command, output, onlyAsSealed)) ??
    (await startHeld(command, output, onStart, signal));
  const ended = await supervise(command, started, (interrupt) => {
    end = interrupt;
    if (fault !== undefined) end();
  });
  if (fault !== undefined) throw fault.error;
  return ended;
}

/** @param onReady gets what ends the command at once */
async function supervise(
  { signal, timeoutSeconds }: Command,
  started: StartedProcess,
  onReady: (interrupt: () => void) => void,
): Promise<CommandEnd> {
  const { pid, startedAt, released } = started;
  let interruption: CommandEnd['interruption'];
  let ending: Promise<boolean> | undefined;
  let cancelWait = () => {};
  let over = false;
  const interrupt = (why: CommandEnd['interruption'], grace: number) => {
    if (ending !== undefined || over) return;
    interruption = why;
    ending = endProcessGroup(pid, grace);
    const expectExit = () => {
      if (!over) cancelWait = startTimer(GRACE, () => started.giveUp?.());
    };
    ending.then(expectExit, expectExit);
  };
  const onAbort = () => interrupt('stopped', GRACE);
  let cancelTimer = () => {};
  let exit: Exit | undefined;
  let gone = false;
  let rest: 'none' | 'some' | 'unknown' | undefined;
  let endedAt = 0;
  try {
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    onReady(() => interrupt(undefined, 0));
    cancelTimer = startTimer(timeoutSeconds * 1000, () => interrupt('timeout', GRACE));
    exit = await started.exited;
    endedAt = startedAt + Math.round(performance.now() - released);
  } finally {
    over = true;
    cancelWait();
    cancelTimer();
    signal.removeEventListener('abort', onAbort);
    // An interrupted group has the rest of its grace; any other is killed with its shell.
    gone = await (ending ?? (exit?.alone || endProcessGroup(pid, 0)));
    if (!exit?.alone) rest = await started.endRest?.();
    started.stopReading();
  }
  const alone = exit.alone || rest === 'none';
  return { ...exit, alone, interruption, startedAt, endedAt, survived: !gone || rest === 'some' };
}
