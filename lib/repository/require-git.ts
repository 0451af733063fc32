import { Fault } from '../errors';
import { GitError, runGit } from './git';

/** `merge-tree --write-tree` is there from here on. */
const OLDEST = [2, 38] as const;
const MEND = `install git ${OLDEST.join('.')} or newer, first in the PATH`;
/** What is called git and says nothing for so long is none. */
const PATIENCE_MS = 10_000;

let known: { readonly path: string | undefined; readonly version: Promise<string> } | undefined;

/**
 * Makes sure that there is a git that can be worked with. Asked once for a search path.
 * @returns its version
 * @throws Fault where there is none, it is too old, is something else, or does not answer
 */
export function requireGit(): Promise<string> {
  const path = process.env.PATH;
  if (known?.path !== path) known = { path, version: askGit() };
  return known!.version;
}

async function askGit(): Promise<string> {
  const answer = await runGit(['version'], { timeoutMs: PATIENCE_MS }).catch((error: unknown) => {
    if (!(error instanceof GitError)) throw error;
    const isMissing = error.exitCode === null && error.stderr.endsWith('ENOENT');
    throw noGit(
      isMissing ? 'there is no git here' : `git cannot be used: ${error.stderr.trim() || error.message}`,
    );
  });
  return gitVersion(answer.stdout.toString());
}

/** @param answer of `git version` @throws Fault as `requireGit` */
export function gitVersion(answer: string): string {
  const found = /^git version (\d+)\.(\d+)\S*/.exec(answer);
  if (found === null)
    throw noGit(`what is called git here is something else: it says ${JSON.stringify(answer.slice(0, 80))}`);
  const [text, major, minor] = found;
  const version = text.slice('git version '.length);
  const isOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  if (isOld) throw noGit(`git ${version} is too old`);
  return version;
}

const noGit = (message: string) => new Fault({ code: 'no-git', message, hint: MEND });
