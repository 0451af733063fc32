import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { takePipe } from './pipe';

/** A program (its absolute path, its arguments) with its whole environment and an existing folder. */
export interface Program {
  readonly argv: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Exit {
  /** Both are null where nobody saw how it ended. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The system says that no process is left of what it has started. */
  readonly alone: boolean;
}

/**
 * A program whose process exists, as the leader of its own session and process group, but which does not run
 * before `release`. Its standard input is empty; standard output and error go to one pipe, and it has no other
 * descriptor of ours.
 */
export interface HeldProcess {
  readonly pid: number;
  /** The read end of its pipe, non-blocking; the caller closes it. */
  readonly output: number;
  release(): void;
  readonly exited: Promise<Exit>;
  /**
   * Once it has exited: kills what is left of all that it has started, in whatever session and folder that is. Only
   * whoever adopts orphans knows; `some` is another user's and lives.
   */
  endRest?(): Promise<'none' | 'some' | 'unknown'>;
  /** Has `exited` come without knowing how, where whoever starts it does not say: somebody may have stopped that. */
  giveUp?(): void;
}

/**
 * Waits for one line, then becomes the command, with an empty standard input. If this process dies first,
 * the line never comes, and the holder ends without having run anything.
 */
const HOLDER = 'IFS= read -r _ && exec "$@" </dev/null';

/**
 * Starts a program held back, as a child of this process: the larger that is, the longer it takes.
 * @throws the system's error where it cannot start a process (`E2BIG`: the command or its environment is too long)
 */
export async function spawnHeld({ argv, cwd, env }: Program): Promise<HeldProcess> {
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
    return { pid, output: readEnd, release: () => stdin.end('\n'), exited };
  } catch (error) {
    closeSync(readEnd);
    throw error;
  } finally {
    closeSync(writeEnd);
  }
}
