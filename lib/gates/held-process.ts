import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ProcessRecord } from './process-group';
import { startTimeOf } from './process-table';

export interface Exit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A command whose process exists, but which does not run before `release`. */
export interface HeldProcess {
  readonly record: ProcessRecord;
  release(): void;
  readonly exited: Promise<Exit>;
}

/**
 * Waits for one line, then becomes the command, with an empty standard input. If this process dies first,
 * the line never comes, and the holder ends without having run anything.
 */
const HOLDER = 'IFS= read -r _ && exec "$@" </dev/null';

/**
 * Starts a program (its absolute path, its arguments) held back, as the leader of its own session and process
 * group. It has the descriptor `output` for standard output and error, and no other of ours.
 * @throws the system's error where it cannot start a process
 */
export async function spawnHeld(
  argv: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string>; readonly output: number },
): Promise<HeldProcess> {
  const { cwd, env, output } = options;
  const child = spawn('/bin/sh', ['-c', HOLDER, 'sh', ...argv], {
    cwd,
    env,
    detached: true,
    stdio: ['pipe', output, output],
  });
  const exited = once(child, 'exit').then(([exitCode, signal]): Exit => ({ exitCode, signal }));
  const { pid, stdin } = child;
  // Without a process, `exited` rejects with the reason.
  if (pid === undefined || stdin === null) return exited.then(() => Promise.reject(new Error('no process')));
  // A holder that was killed closes its end; how it ended is in `exited`.
  stdin.on('error', () => {});
  try {
    return { record: recordOf(pid), release: () => stdin.end('\n'), exited };
  } catch (error) {
    stdin.destroy();
    throw error;
  }
}

/** A holder that has ended is still in the process table: Node reaps it in a later turn of the event loop. */
function recordOf(pid: number): ProcessRecord {
  const startTime = startTimeOf(pid);
  if (startTime === undefined) throw new Error(`the system does not list process ${pid}`);
  return { pid, processGroup: pid, startTime };
}
