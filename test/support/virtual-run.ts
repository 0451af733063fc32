import type { Input, Result } from '../../lib/run/messages';
import { newState, type RunState, type Work } from '../../lib/run/state';
import { start, step } from '../../lib/run/step';
import type { Workload } from '../../lib/run/workload';

/**
 * Carries a run through `step` in virtual time: gates take what is given, all else takes none. Lanes whose work ends at
 * the same time call together.
 * @param lengths by task
 * @param perform what work comes to; by default gates pass, which is all there is to a run of gates only
 * @returns when the last gate has ended
 */
export function virtualRun(
  load: Workload,
  lanes: number,
  lengths: ArrayLike<number>,
  perform: (work: Work, state: RunState, now: number) => Result[] = allPass,
): number {
  let now = 0;
  let last = 0;
  let state = start(load, newState(load, lanes, 'base'), [], now).state;
  const ending = new Map<number, { readonly at: number; readonly work: Work }>();
  let calls: Input[] = state.lanes.map((_, lane) => call(lane, state, []));
  for (;;) {
    const taken = step(load, state, calls, now);
    state = taken.state;
    for (const { lane, work } of taken.answers)
      if (work.kind !== 'done') ending.set(lane, { at: now + lengthOf(work), work });
    if (ending.size === 0) return last;
    now = Math.min(...Array.from(ending.values(), ({ at }) => at));
    calls = [];
    for (const [lane, { at, work }] of ending) {
      if (at !== now) continue;
      ending.delete(lane);
      if (work.kind === 'gates') last = now;
      calls.push(call(lane, state, perform(work, state, now)));
    }
  }

  function lengthOf(work: Work): number {
    return work.kind === 'gates' ? work.tasks.reduce((sum, { task }) => sum + lengths[task]!, 0) : 0;
  }
}

function allPass(work: Work, _: RunState, now: number): Result[] {
  if (work.kind !== 'gates') throw new Error(`nothing is to be ${work.kind}d here`);
  return work.tasks.map((task) => ({ kind: 'gate', ...task, outcome: 'pass', startedAt: now, endedAt: now }));
}

const call = (lane: number, state: RunState, results: readonly Result[]): Input => ({
  kind: 'next',
  lane,
  turn: state.lanes[lane]!.turn + 1,
  generation: state.generation,
  results,
});
