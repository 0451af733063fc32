import { type Git, GitError } from '../repository/git';
import { fenceRef, TOOL_IDENTITY } from './fence';

/** One compare-and-swap of a target and its fence. */
export interface Move {
  readonly target: string;
  /** What the target is expected to name. */
  readonly base: string;
  readonly woven: string;
  /** `before` undefined: the fence is expected not to exist. */
  readonly fence: { readonly before: string | undefined; readonly after: string };
  readonly run: string;
}

/**
 * How a move ended. `rejected` says nothing about the reason: a lost compare-and-swap and a refusal are told
 * apart by reading the refs again.
 */
export type MoveResult = { readonly kind: 'moved' } | { readonly kind: 'rejected'; readonly message: string };

/** A lock that another process holds for longer than this is taken for left behind. */
const LOCK_TIMEOUT = ['-c', 'core.filesRefLockTimeout=1000', '-c', 'core.packedRefsTimeout=1000'];

/** Moves target and fence of a local repository in one ref transaction, without hooks. */
export async function moveRefs(repository: Git, move: Move): Promise<MoveResult> {
  const { target, base, woven, fence } = move;
  const absent = '0'.repeat(fence.after.length);
  const input = [
    `update refs/heads/${target}\0${woven}\0${base}\0`,
    `update ${fenceRef(target)}\0${fence.after}\0${fence.before ?? absent}\0`,
  ].join('');
  const args = [...LOCK_TIMEOUT, 'update-ref', '-m', `lex-pr: land run ${move.run}`, '--stdin', '-z'];
  try {
    await repository.run(args, { input, env: TOOL_IDENTITY });
    return { kind: 'moved' };
  } catch (error) {
    if (error instanceof GitError && error.exitCode !== null)
      return { kind: 'rejected', message: error.stderr.trim().replace(/^fatal: /, '') };
    throw error;
  }
}
