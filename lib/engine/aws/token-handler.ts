import { log } from './function-log';
import type { Tokens } from './tokens';

/**
 * A handler of a state that waits for its token. A fault fails the state at once, so that it is tried again: an
 * error that is only thrown might leave it waiting until its time is over.
 */
export async function withToken(
  tokens: Tokens,
  { token }: { readonly token: string },
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error('fault', String(error), { error });
    await tokens.fail(token, 'Fault', cause);
  }
}
