import { lstatSync } from 'node:fs';
import { shellQuote } from './shell-quote';

/**
 * The command that lets this user write to a folder and all in it.
 * @param error what came of the attempt
 * @param inside what else was not to be written, if it is known
 */
export function howToWrite(folder: string, error: unknown, inside: readonly string[] = []): string {
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'EROFS')
    return 'its file system is read-only: work in a copy elsewhere';
  const isOthers = [folder, ...inside].some((path) => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found !== undefined && found.uid !== process.geteuid?.();
  });
  return isOthers
    ? `sudo chown -R "$(id -u):$(id -g)" ${shellQuote(folder)}`
    : `chmod -R u+rwX ${shellQuote(folder)}`;
}
