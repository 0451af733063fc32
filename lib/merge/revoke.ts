import type { Git } from '../repository/git';
import { readRefs } from '../repository/refs';
import { type Source, sourceGit } from '../repository/source';
import { type Attempt, attemptMove } from './attempt-move';
import { fenceRef, writeFence } from './fence';

export interface Revoking {
  readonly source: Source;
  readonly privateRepository: Git;
  /** Name of the branch, without `refs/heads/`. */
  readonly target: string;
  readonly run: string;
  readonly generation: number;
}

export interface Revocation {
  /** No landing that was on its way can arrive any more; false: the repository refused that. */
  readonly revoked: boolean;
  /** What the target names after that, undefined where there is none; it may hold a landing that was faster. */
  readonly target: string | undefined;
}

/** Moves of the fence that are lost to other runs before we give up; each of them means that another run went on. */
const ATTEMPTS = 20;

/**
 * Moves the fence of a target, so that a landing that has read it before loses its compare-and-swap, whoever
 * carries it out and however late it arrives. Who calls this has written before that the run may not land.
 * Where there is no target nothing is moved: a landing expects one.
 * @throws GitError for faults (network, disk) that another try may not meet
 */
export async function revoke(revoking: Revoking): Promise<Revocation> {
  const { source, privateRepository, target, run, generation } = revoking;
  const branch = `refs/heads/${target}`;
  const ref = fenceRef(target);
  const repository = source.kind === 'local' ? sourceGit(source) : privateRepository;
  const after = await writeFence(repository, { run, generation, act: 'cancel' });
  let tried: { readonly before: string | undefined; readonly result: Attempt } | undefined;
  for (let attempt = 0; ; attempt += 1) {
    // The target is read after the fence has moved, so that no landing falls in between.
    const refs = await readRefs(source, privateRepository, [branch], undefined, [ref]);
    const now = refs.get(branch);
    const before = refs.get(ref);
    if (before === after || tried?.result.kind === 'moved' || now === undefined)
      return { revoked: true, target: now };
    if (tried?.result.kind === 'unknown') throw tried.result.error;
    if (attempt === ATTEMPTS || (tried !== undefined && tried.before === before))
      return { revoked: false, target: now };
    const reason = `lex-pr: cancel run ${run}`;
    const result = await attemptMove(source, privateRepository, [{ ref, before, after }], reason);
    tried = { before, result };
  }
}
