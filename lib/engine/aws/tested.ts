import type { Candidate } from '../../merge/candidate';
import type { RunState } from '../../run/state';
import type { RunContext } from './run-context';

/** What a task's gate runs on: its item's candidate, or the woven commit. */
export function testedBy({ load, facts }: RunContext, state: RunState, task: number): Candidate {
  const { item } = load.tasks[task]!;
  if (item >= 0) return facts.candidates[item]!;
  const { linear, tree } = state.weave.tip;
  // Verification begins only after something was woven, and that has a tree.
  if (tree === undefined) throw new Error('there is no woven commit to verify');
  return { kind: 'clean', commit: linear, tree, empty: false };
}
