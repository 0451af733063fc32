import { Fault, InputError } from '../errors';

/** What was looked at, and what is wrong with it if anything is. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, for a person. */
  readonly detail: string;
  /** The command or the step that mends it; null where all is well. */
  readonly mend: string | null;
}

export const fine = (name: string, detail: string): Check => ({ name, ok: true, detail, mend: null });
export const wrong = (name: string, detail: string, mend: string): Check => ({
  name,
  ok: false,
  detail,
  mend,
});

/**
 * Looks at something that throws where it is not well.
 * @param look tells what was found, or gives checks of its own
 * @param mend for what is not refused with a hint; it may depend on what was thrown
 */
export async function check(
  name: string,
  mend: string | ((error: unknown) => string),
  look: () => string | readonly Check[] | Promise<string | readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    const found = await look();
    return typeof found === 'string' ? [fine(name, found)] : found;
  } catch (error) {
    const step = typeof mend === 'string' ? mend : mend(error);
    if (error instanceof InputError)
      return error.problems.map(({ message, hint }) => wrong(name, message, hint ?? step));
    if (error instanceof Fault) return [wrong(name, error.message, error.problem.hint ?? step)];
    return [wrong(name, error instanceof Error ? error.message : String(error), step)];
  }
}
