import { type Exit, type HeldProcess, type Program, spawnHeld } from './held-process';
import type { Launcher } from './launcher';
import { readOutput } from './output';
import { endProcessGroup, GRACE, type ProcessRecord } from './process-group';
import { startTimeOf } from './process-table';
import { startTimer } from './timer';

export interface Command extends Program {
  readonly timeoutSeconds: number;
  /** Abort stops the command. */
  readonly signal: AbortSignal;
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
  const { signal, launcher, onlyAsSealed } = command;
  if (signal.aborted) return undefined;
  const held = (await launcher?.start(command, onlyAsSealed)) ?? (await spawnHeld(command));
  return supervise(command, held);
}

async function supervise(command: Command, held: HeldProcess): Promise<CommandEnd> {
  const { pid, output } = held;
  let interruption: CommandEnd['interruption'];
  let fault: { readonly error: unknown } | undefined;
  let ending: Promise<boolean> | undefined;
  let cancelWait = () => {};
  let over = false;
  const interrupt = (why: CommandEnd['interruption'], grace: number) => {
    if (ending !== undefined) return;
    interruption = why;
    ending = endProcessGroup(pid, grace);
    const expectExit = () => {
      if (!over) cancelWait = startTimer(GRACE, () => held.giveUp?.());
    };
    ending.then(expectExit, expectExit);
  };
  const stopReading = readOutput(output, command.onOutput, (error) => {
    fault ??= { error };
    interrupt(undefined, 0);
  });
  const onAbort = () => interrupt('stopped', GRACE);
  let cancelTimer = () => {};
  let exit: Exit | undefined;
  let gone = false;
  let rest: 'none' | 'some' | 'unknown' | undefined;
  let startedAt = 0;
  let endedAt = 0;
  try {
    command.signal.addEventListener('abort', onAbort);
    const record = recordOf(pid);
    if (command.signal.aborted) onAbort();
    if (record !== undefined) command.onStart(record);
    startedAt = Date.now();
    const released = performance.now();
    held.release();
    cancelTimer = startTimer(command.timeoutSeconds * 1000, () => interrupt('timeout', GRACE));
    exit = await held.exited;
    endedAt = startedAt + Math.round(performance.now() - released);
  } finally {
    over = true;
    cancelWait();
    cancelTimer();
    command.signal.removeEventListener('abort', onAbort);
    // An interrupted group has the rest of its grace; any other is killed with its shell.
    gone = await (ending ?? (exit?.alone || endProcessGroup(pid, 0)));
    if (!exit?.alone) rest = await held.endRest?.();
    stopReading();
  }
  if (fault !== undefined) throw fault.error;
  const alone = exit.alone || rest === 'none';
  return { ...exit, alone, interruption, startedAt, endedAt, survived: !gone || rest === 'some' };
}

/** Undefined where somebody has killed it already. */
function recordOf(pid: number): ProcessRecord | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, processGroup: pid, startTime };
}
