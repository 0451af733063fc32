import { type Git, GitError } from '../repository/git';
import { OUR_REFS, TOOL_IDENTITY } from './fence';

/** One ref of a compare-and-swap. */
export interface RefUpdate {
  /** Full name. */
  readonly ref: string;
  /** What it is expected to name; undefined: it is expected not to exist. */
  readonly before: string | undefined;
  readonly after: string;
}

/**
 * How a move ended. `rejected` says nothing about the reason: a lost compare-and-swap and a refusal are told
 * apart by reading the refs again.
 */
export type MoveResult = { readonly kind: 'moved' } | { readonly kind: 'rejected'; readonly message: string };

/** A lock that another process holds for longer than this is taken for left behind. */
const LOCK_TIMEOUT = ['-c', 'core.filesRefLockTimeout=1000', '-c', 'core.packedRefsTimeout=1000'];

/**
 * Moves refs of a local repository in one transaction, all or none, without hooks.
 * @param reason for the reflog
 */
export async function moveRefs(
  repository: Git,
  updates: readonly RefUpdate[],
  reason: string,
): Promise<MoveResult> {
  const input = updates
    .map(
      ({ ref, before, after }) =>
        `${ownName(ref)}update ${ref}\0${after}\0${before ?? '0'.repeat(after.length)}\0`,
    )
    .join('');
  const args = [...LOCK_TIMEOUT, 'update-ref', '-m', reason, '--stdin', '-z'];
  try {
    await repository.run(args, { input, env: TOOL_IDENTITY });
    return { kind: 'moved' };
  } catch (error) {
    if (error instanceof GitError && error.exitCode !== null)
      return { kind: 'rejected', message: error.stderr.trim().replace(/^fatal: /, '') };
    throw error;
  }
}

/** What is ours is never a stand-in for somebody else's: a symbolic ref is replaced, and what it names left alone. */
const ownName = (ref: string) => (ref.startsWith(OUR_REFS) ? 'option no-deref\0' : '');
