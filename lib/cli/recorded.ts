import { refuse } from '../errors';

/**
 * What is recorded of a run, as `decode` reads it.
 * @throws InputError when it cannot be read: it is damaged, or of another format
 */
export function recorded<T>(run: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw refuse(
      'unreadable-run',
      `what is recorded of run ${run} cannot be read: ${(error as Error).message}`,
      'finish it with the version of lex-pr that began it, or start another with lex-pr merge',
    );
  }
}
