import type { Candidate } from '../../merge/candidate';
import { verifiedTip } from '../../run/bisect';
import type { RunState } from '../../run/state';
import type { RunContext } from './run-context';

/** What a task's gate runs on: its item's candidate, or the woven commit. */
export function testedBy({ load, facts }: RunContext, state: RunState, task: number): Candidate {
  const { item, probe } = load.tasks[task]!;
  if (item >= 0) return facts.candidates[item]!;
  const tip = verifiedTip(state, { probe });
  // Verification begins only after something was woven, and that has a tree.
  if (tip?.tree === undefined) throw new Error('there is no woven commit to verify');
  return { kind: 'clean', commit: tip.linear, tree: tip.tree, empty: false };
}
