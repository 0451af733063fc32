import { statSync } from 'node:fs';
import { causeOf } from '../database';
import { howToWrite } from '../repository/how-to-write';
import { shellQuote } from '../repository/shell-quote';
import { holdersOf } from './lock-holders';

/** Files beside a database on which it may be locked. */
const LOCKED_FILES = ['', '-shm', '.lock'];

/**
 * What mends a database in `home` that could not be used. Nothing sound is thrown away: that it is busy, not to be
 * written or not to be opened says nothing of what is in it.
 * @param whenDamaged the step for one that is damaged, or is no file at all
 */
export function mendDatabase(home: string, file: string, whenDamaged: string): (error: unknown) => string {
  return (error) => {
    if (LOCKED_FILES.some((suffix) => statOf(`${file}${suffix}`)?.isFile() === false)) return whenDamaged;
    switch (causeOf(error)) {
      case 'damaged':
        return whenDamaged;
      case 'busy':
        return waitForHolders(file);
      case 'disk':
        return `make room on the disk: df ${shellQuote(home)}`;
      case 'forbidden':
        return howToWrite(home, error, [file]);
      default:
        return `nothing says that ${file} is damaged: leave it there and try again`;
    }
  };
}

function waitForHolders(file: string): string {
  const pids = LOCKED_FILES.flatMap((suffix) => {
    const found = statOf(`${file}${suffix}`);
    return found === undefined ? [] : holdersOf(found.ino);
  });
  const unique = [...new Set(pids)];
  return unique.length === 0
    ? `wait until whoever has it open is done with it: fuser -v ${shellQuote(file)}`
    : `wait until process ${unique.join(', ')} is done with it, or end that: kill ${unique.join(' ')}`;
}

const statOf = (path: string) => statSync(path, { throwIfNoEntry: false });
