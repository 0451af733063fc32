import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessRecord } from './process-group';

/**
 * Processes of gates that may still be there, each in a file of its own that is written before its command runs, so that
 * it is there whatever is killed after that.
 */
export interface ProcessRecords {
  /** @throws the file's write error */
  add(process: ProcessRecord): void;
  /** Once it is gone. */
  remove(process: ProcessRecord): void;
  /** Where the launcher of a lane records what it starts, one after another. */
  fileOf(lane: number): string;
  /** Also what is long gone: its start time tells. None where there is no folder; what is no file of ours is passed over. */
  all(): ProcessRecord[];
  /** All of them; before anything is recorded again. */
  forget(): void;
}

/** @param folder absolute; made when something is recorded */
export function openProcessRecords(folder: string): ProcessRecords {
  const fileOf = (name: string) => join(folder, name);
  return {
    add({ pid, startTime }) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(fileOf(`process-${pid}`), `${pid} ${startTime}\n`);
    },
    remove: ({ pid }) => rmSync(fileOf(`process-${pid}`), { force: true }),
    fileOf(lane) {
      mkdirSync(folder, { recursive: true });
      return fileOf(`lane-${lane}`);
    },
    all: () => orNone(() => readdirSync(folder)).flatMap((name) => recordsIn(fileOf(name))),
    forget: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** What a file says, which need not be there, nor be ours. */
export const recordsIn = (file: string): ProcessRecord[] =>
  orNone(() => (lstatSync(file).isFile() ? parse(readFileSync(file, 'latin1')) : []));

function orNone<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code!)) return [];
    throw error;
  }
}

/** None where a power failure has left the file empty: the process is gone as well. */
function parse(line: string): ProcessRecord[] {
  const [, pid, startTime] = /^([1-9]\d*) (.*\S) *\n$/.exec(line) ?? [];
  if (pid === undefined || startTime === undefined) return [];
  return [{ pid: Number(pid), processGroup: Number(pid), startTime }];
}
