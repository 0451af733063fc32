/** A program (its absolute path, its arguments) with its whole environment and an existing folder. */
export interface Program {
  readonly argv: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Where a program's standard output and error go. */
export interface Output {
  /** Gets them as they come; the chunk is reused afterwards. */
  write(chunk: Uint8Array): void;
  /** Gets what `write` has thrown, or an error of the pipe; nothing is written after that. */
  onFault(error: unknown): void;
}

export interface Exit {
  /** Both are null where nobody saw how it ended. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The system says that no process is left of what it has started. */
  readonly alone: boolean;
}

/**
 * A program that runs as the leader of its own session and process group, and is on record. Its standard input is empty,
 * standard output and error are one pipe (a real one: `echo x > /dev/stderr` works), and it has no other descriptor of ours.
 */
export interface StartedProcess {
  readonly pid: number;
  /** When it was released, in ms since the epoch, and on the clock of `performance`. */
  readonly startedAt: number;
  readonly released: number;
  readonly exited: Promise<Exit>;
  /** Hands over what is in the pipe at that moment, whoever still holds it, and nothing after that. */
  stopReading(): void;
  /**
   * Once it has exited: kills what is left of all that it has started, in whatever session and folder that is. Only
   * whoever adopts orphans knows; `some` is another user's and lives.
   */
  endRest?(): Promise<'none' | 'some' | 'unknown'>;
  /** Has `exited` come without knowing how, where whoever starts it does not say: somebody may have stopped that. */
  giveUp?(): void;
}
