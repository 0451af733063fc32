import type { Readable, Writable } from 'node:stream';
import { underNpm } from './npm-arguments';

/** What a command reads from and writes to, so that tests can give their own. */
export interface Io {
  readonly stdin: Readable;
  /** Results only. */
  readonly stdout: Writable & { readonly isTTY?: boolean };
  /** Progress, logs and errors. */
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** The folder that relative paths mean, and whose repository is the default. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const ExitCode = { merged: 0, failed: 1, badInput: 2, fault: 3 } as const;

/** Under `npm run`, "here" is where npm was called, not where package.json lies. */
export function processIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  return {
    stdin,
    stdout,
    stderr,
    cwd: underNpm(env) ? (env.INIT_CWD ?? process.cwd()) : process.cwd(),
    env,
  };
}
