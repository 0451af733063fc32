import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { isInside } from './work-folder';

/**
 * Kills what gates have left behind in a lane although it left their process group (`setsid`): it could change
 * the files under the next gate. Known by the variable that every gate gets, so that a person's shell in a lane is left
 * alone, and by the folder that it works in, or that a variable names (PWD, OLDPWD). Where a launcher adopts orphans
 * nothing of this is needed; what has cleared its environment is not found. Where there is no /proc nothing is found.
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
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    if (!variables.includes('LEX_PR=1')) return false;
    // A folder that has been removed since is shown with this ending.
    const cwd = readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
    const places = variables.map((variable) => variable.slice(variable.indexOf('=') + 1));
    return [cwd, ...places.filter(isAbsolute)].some((place) => isInside(folder, place));
  } catch {
    return false;
  }
}
