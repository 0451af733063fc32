import { readFileSync } from 'node:fs';

/**
 * Pressure stall information of Linux: for how much of the time some task could not go on for want of a resource
 * (https://docs.kernel.org/accounting/psi.html).
 */
export type Resource = 'cpu' | 'io' | 'memory';

export interface Pressure {
  /** Share of the time, over the last ten seconds, in percent. */
  readonly avg10: number;
  /** Sum of all time, in microseconds. */
  readonly totalUs: number;
}

/** What is known now; undefined where the system does not say it. */
export type ReadPressure = (resource: Resource) => Pressure | undefined;

/** In a container the first is its own pressure, else that of the machine; kernels without cgroup v2 have the second. */
const FILES = ['/sys/fs/cgroup/*.pressure', '/proc/pressure/*'] as const;

/**
 * Reads of the first of the files that is there.
 * @param files with `*` for the resource
 */
export function pressureReader(files: readonly string[] = FILES): ReadPressure {
  return (resource) => {
    for (const file of files) {
      const found = parsePressure(readOrNothing(file.replace('*', resource)));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** The line `some` of such a file; undefined where there is none. */
export function parsePressure(text: string): Pressure | undefined {
  const [, avg10, totalUs] = /^some avg10=(\d+\.\d+) .*total=(\d+)$/m.exec(text) ?? [];
  return avg10 === undefined ? undefined : { avg10: Number(avg10), totalUs: Number(totalUs) };
}

/** A kernel that was booted with `psi=0` has the files, and refuses to read them. */
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
