import { waitingIn } from '../engine/line';
import { InputError, refuse } from '../errors';

/**
 * Does something about a run that has begun. One that waits for its turn is in the line and nowhere else: it is not called unknown.
 * @param id the run that was named, if one was
 * @throws InputError what `work` throws, or that the run has not begun
 */
export async function ofBegun<T>(home: string, id: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (id !== undefined && isUnknown(error) && waitingIn(home).some(({ run }) => run === id))
      throw refuse(
        'not-begun',
        `run ${id} waits for its turn: it has not begun`,
        'see lex-pr queue; lex-pr cancel takes it out of the line',
      );
    throw error;
  }
}

const isUnknown = (error: unknown) =>
  error instanceof InputError &&
  error.problems.some(({ code }) => code === 'unknown-run' || code === 'no-runs');
