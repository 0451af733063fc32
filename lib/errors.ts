/** One thing that is wrong, and what to do about it. `line` and `column` count from 1. */
export interface Problem {
  /** Stable, for scripts: `unknown-key`, `cycle`, `target-dirty`, … */
  readonly code: string;
  readonly message: string;
  /** The document, if there is one: a path, or `<stdin>`. */
  readonly file?: string;
  /** The field in the document, as `items[2].deps[0]`. */
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
  readonly hint?: string;
}

/** Bad input: nothing was changed; every problem found is in `problems`. The CLI exits with 2. */
export class InputError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map((p) => p.message).join('; '));
    this.name = 'InputError';
  }
}

/** What is no fault of the input, but says what to do about it. The CLI exits with 3. */
export class Fault extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
    this.name = 'Fault';
  }
}

/** Shorthand for a refusal with a single problem. */
export function refuse(code: string, message: string, hint?: string): InputError {
  return new InputError([hint === undefined ? { code, message } : { code, message, hint }]);
}

/** A command that ends before its time, which has said so itself. */
export class EndedEarly extends Error {
  constructor(readonly exitCode: number) {
    super(`ended with ${exitCode}`);
  }
}
