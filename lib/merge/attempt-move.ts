import { type Git, GitError } from '../repository/git';
import { type Source, sourceGit } from '../repository/source';
import { type MoveResult, moveRefs, type RefUpdate } from './move';
import { pushRefs } from './push';

/** `unknown`: a fault, before which the refs may have moved or not; they have to be read to find out. */
export type Attempt = MoveResult | { readonly kind: 'unknown'; readonly error: GitError };

/** Moves refs of a source, all or none, each if it has its expected value; its objects must be there. */
export async function attemptMove(
  source: Source,
  privateRepository: Git,
  updates: readonly RefUpdate[],
  reason: string,
): Promise<Attempt> {
  try {
    return source.kind === 'local'
      ? await moveRefs(sourceGit(source), updates, reason)
      : await pushRefs(source, privateRepository, updates);
  } catch (error) {
    if (error instanceof GitError) return { kind: 'unknown', error };
    throw error;
  }
}
