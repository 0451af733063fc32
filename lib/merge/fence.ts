import { randomUUID } from 'node:crypto';
import type { Git } from '../repository/git';

/** Where all refs are that nobody but us writes. */
export const OUR_REFS = 'refs/lex-pr/';

/**
 * The fence of a target: a ref that every landing, cancel and take-over moves by compare-and-swap, so that
 * of two of them one always sees the other. What it points to is never read by a merge. Its name has no folders
 * (`release/1` is `release%2F1`): a fence outlives its target, and where `release` was a target once, git
 * would refuse a fence below it.
 */
export function fenceRef(target: string): string {
  return `${OUR_REFS}fence/${target.replaceAll('%', '%25').replaceAll('/', '%2F')}`;
}

export interface FenceAct {
  readonly run: string;
  readonly generation: number;
  readonly act: 'land' | 'cancel';
}

/** Who writes fences and the reflog of a landing. */
export const TOOL_IDENTITY: Readonly<Record<string, string>> = {
  GIT_AUTHOR_NAME: 'lex-pr',
  GIT_AUTHOR_EMAIL: 'lex-pr@localhost',
  GIT_COMMITTER_NAME: 'lex-pr',
  GIT_COMMITTER_EMAIL: 'lex-pr@localhost',
};

/**
 * Writes a fresh fence commit: no parent, no files, a message that names the act. The nonce makes each one
 * unique; a fence that came back to an earlier value would hide what happened between.
 * @returns its id; no ref points to it yet
 * @throws GitError when it cannot be written
 */
export async function writeFence(repository: Git, act: FenceAct): Promise<string> {
  const tree = await repository.text(['hash-object', '-t', 'tree', '-w', '--stdin'], { input: '' });
  const message = `lex-pr fence: ${act.act}

run: ${act.run}
generation: ${act.generation}
act: ${act.act}
nonce: ${randomUUID()}
`;
  return repository.text(['commit-tree', tree], { input: message, env: TOOL_IDENTITY });
}
