import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { processes } from '../../gates/strays';
import { remove } from '../../repository/sweep';

/** What is left of one call of a function for the next: the only folder that can be written to, and processes. */
export interface Sandbox {
  /** Ends every process that was not there when the sandbox was opened, and empties the folder. */
  clear(): Promise<void>;
}

/**
 * Whether this function has its machine for itself. Lambda starts its one process as a child of the first process
 * there is; the functions of an emulator are among the other processes of somebody's machine.
 */
export function isSandboxed(
  env: Readonly<Record<string, string | undefined>> = process.env,
  parent = process.ppid,
): boolean {
  return env.AWS_LAMBDA_RUNTIME_API !== undefined && parent === 1;
}

/** Rounds of ending processes, which may start others meanwhile. */
const ROUNDS = 50;

/**
 * @param folder `/tmp` of a function that is alone on its machine; nothing else is safe
 * @param list all processes of the machine
 */
export function openSandbox(folder: string, list = processes): Sandbox {
  // Those of Lambda itself and of extensions.
  const others = new Set([...list(), process.pid]);
  return {
    async clear() {
      const ended = new Set<number>();
      for (let round = 0; round < ROUNDS; round += 1) {
        const found = list().filter((pid) => !others.has(pid) && !ended.has(pid));
        if (found.length === 0) break;
        for (const pid of found) {
          end(pid);
          ended.add(pid);
        }
      }
      for (const name of await readdir(folder)) await remove(join(folder, name));
    },
  };
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone by itself, or not ours.
  }
}
