import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { isInside } from './work-folder';

/**
 * Kills what gates have left behind in a lane although it left their process group (`setsid`): it could change
 * the files under the next gate. Known by the folder it works in and by the variable that every gate gets, so
 * that a person's shell in a lane is left alone. Where there is no /proc nothing is found.
 * @param folder absolute
 * @returns the processes that were killed
 */
export function endStrays(folder: string): number[] {
  const lane = resolved(folder);
  return processes().filter((pid) => {
    if (pid === process.pid || !isStray(pid, lane)) return false;
    try {
      process.kill(pid, 'SIGKILL');
      return true;
    } catch {
      // Gone by itself.
      return false;
    }
  });
}

/** A gate may have removed its own lane; what works in it still is shown with the path that it had. */
function resolved(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

/** The ids of all processes; none where there is no /proc. */
export function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function isStray(pid: number, folder: string): boolean {
  try {
    // A folder that has been removed since is shown with this ending.
    const cwd = readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
    if (!isInside(folder, cwd)) return false;
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes('LEX_PR=1');
  } catch {
    return false;
  }
}
