import { isAncestor } from '../merge/is-ancestor';
import { revoke } from '../merge/revoke';
import { hasCommits } from '../repository/bundle';
import type { Git } from '../repository/git';
import { changeRun } from '../run/change-run';
import type { RunRecord } from '../run/record';
import { ItemStatus, type RunState } from '../run/state';
import { stopRun } from '../run/step';
import type { RunStore } from '../run/store';
import type { Workload } from '../run/workload';
import type { GitWorkspace } from './git-workspace';

export interface Cancelling {
  readonly store: Pick<RunStore, 'read' | 'commit'>;
  readonly record: RunRecord;
  readonly load: Workload;
  /** Who cancels the run and what for, in a sentence. */
  readonly why: string;
  /** Opens the repository; not called where nothing was to land. */
  readonly git: () => Promise<Pick<GitWorkspace, 'source' | 'repository'>>;
  /** Called once the stop is in the store, so that whoever runs it can be told. */
  readonly onStopped: () => Promise<void>;
  readonly now: () => number;
}

/**
 * `cancelled`: nothing of the run lands from here on. `too-late`: it has landed, or had come to its end.
 * `landing`: the repository refuses the fence, so that only the end of the landing tells; ask again after it.
 */
export type CancelAnswer = 'cancelled' | 'too-late' | 'landing';

/**
 * Cancels a run from outside of it, with any store and engine, in this order: write that it may not land, move
 * the fence that a landing on its way depends on, look whether that was faster. Safe to repeat, also after a
 * crash anywhere, and for several at once: the first stop stays.
 * @throws GitError, InputError when the repository cannot be reached: the run then ends, but whether it lands
 *   before is not known
 */
export async function cancelRun(cancelling: Cancelling): Promise<CancelAnswer> {
  const { record, git, onStopped } = cancelling;
  const state = await writeStop(cancelling);
  if (state.stopping !== ItemStatus.cancelled) return 'too-late';
  await onStopped();
  if (!record.execute) return 'cancelled';

  const { source, repository } = await git();
  const { target } = record.plan;
  const { generation, phase, weave } = state;
  const revoking = { source, privateRepository: repository, target, run: record.id, generation };
  const { revoked, target: now } = await revoke(revoking);
  // Before phase `land` nothing was sent, and after it its answer is known.
  if (phase !== 'land') return 'cancelled';
  if (now !== undefined && (await contains(repository, now, weave.tip.linear))) return 'too-late';
  return revoked ? 'cancelled' : 'landing';
}

/** What the target names is there with all of its history, and elsewhere than where it was woven that may be all. */
async function contains(repository: Git, target: string, woven: string): Promise<boolean> {
  return (await hasCommits(repository, [woven])) && isAncestor(repository, woven, target);
}

/** @returns the state with the stop, or that of a run that needs none */
async function writeStop({ store, record, load, why, now }: Cancelling): Promise<RunState> {
  const { state } = await changeRun(store, record.id, load, (before) =>
    before.phase === 'done' || before.stopping !== undefined
      ? undefined
      : stopRun(load, before, ItemStatus.cancelled, why, now()),
  );
  return state;
}
