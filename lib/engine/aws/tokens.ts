import type { NextAnswer } from './protocol';

/** Task tokens of Step Functions, with which a state that waits is answered. */
export interface Tokens {
  /** A token that was answered before, or whose state has timed out, is no error: nobody waits for it. */
  succeed(token: string, output: NextAnswer | Readonly<Record<string, never>>): Promise<void>;
  /** The state fails, so that it is tried again. */
  fail(token: string, error: string, cause: string): Promise<void>;
}
