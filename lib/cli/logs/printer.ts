import type { AttemptName, EndedAttempt } from '../../logs/attempt';
import type { SkippedGate } from '../../logs/skipped';

/** Prints what gates have printed, and tells of their ends. */
export interface Printer {
  /** The next part of what an attempt has printed. */
  output(of: AttemptName, bytes: Uint8Array): Promise<void>;
  /**
   * An attempt has ended, and all of its output was given.
   * @param isThere false where there should be output, and is not any more
   */
  end(attempt: EndedAttempt, isThere: boolean): Promise<void>;
  /** An attempt has not ended, and no more of it will be given. */
  leave(of: AttemptName, status: 'running' | 'stopped'): Promise<void>;
  /** Of these nothing was run, and will not be; told once, at the end. */
  skipped(gates: readonly SkippedGate[]): Promise<void>;
  /** That was all. */
  close(): Promise<void>;
}

/** Tells attempts apart. */
export const keyOf = ({ item, gate, attempt, round }: AttemptName) =>
  JSON.stringify([item, gate, attempt, item === null ? round : 0]);
