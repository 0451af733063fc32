import fc from 'fast-check';
import { encodeState } from '../../lib/run/codec';
import type { RunEvent } from '../../lib/run/messages';
import { doneOutside } from '../../lib/run/outside';
import { refusalOf } from '../../lib/run/override';
import { ItemStatus, newState, type RunState } from '../../lib/run/state';
import { overrideRun, pauseRun, type Step, start, step, stopRun } from '../../lib/run/step';
import { chooser } from './choosers';
import { createReality, UNTROUBLED, type World, workloadOf } from './world';

const fails = { failures: 99, blocking: true };
const passes = { failures: 0, blocking: true };
const world: World = {
  deps: [[], [0], [], [2]],
  gates: [[fails, passes], [passes], [passes], [passes]],
  ...UNTROUBLED,
  ...{ lanes: 2, batchSize: 1, execute: true, engine: 'local' },
};
const load = workloadOf(world);
const OUTDATED = [1];

/** A run somewhere on its way, but not at its end. */
function onItsWay(turns: number, choose: (n: number) => number): RunState {
  const { perform } = createReality(world, load);
  let { state } = start(load, newState(load, world.lanes, 'base'), OUTDATED, 0);
  for (let k = 0; k < turns; k++) {
    const lane = choose(world.lanes);
    const { work, turn, parked } = state.lanes[lane]!;
    if (parked) continue;
    const results = work === undefined ? [] : perform(work, state, k);
    const next = step(load, state, [{ kind: 'next', lane, generation: 1, turn: turn + 1, results }], k).state;
    if (next.phase === 'done') break;
    state = next;
  }
  return state;
}

describe('what another process has done to a run', () => {
  const acts: Record<string, (state: RunState, at: number) => Step | undefined> = {
    'a stop': (state, at) => stopRun(load, state, ItemStatus.cancelled, 'enough', at),
    'a stop for a fault': (state, at) => stopRun(load, state, ItemStatus.engineFault, 'no disk', at),
    'a pause': (state, at) => pauseRun(load, state, { why: 'wait' }, at),
    'the end of a pause': (state, at) =>
      pauseRun(load, pauseRun(load, state, { why: 'wait' }, at).state, undefined, at),
    'an override': (state, at) => {
      if (refusalOf(state, 0, 0) !== undefined) return undefined;
      return overrideRun(load, state, { task: 0, user: 'ann', reason: 'known', by: 'bob', at }, OUTDATED);
    },
  };

  it.each(Object.entries(acts))('follows from its events alone: %s', (_, act) => {
    let seen = 0;
    fc.assert(
      fc.property(fc.nat(20), fc.nat(), fc.nat(), (turns, seed, at) => {
        const before = onItsWay(turns, chooser(seed));
        const done = act(before, at);
        if (done === undefined) return;
        seen += 1;
        const found = doneOutside(load, before, done.events, OUTDATED);
        expect(found && encodeState(found)).toBe(encodeState(done.state));
      }),
      { numRuns: 50, seed: 1 },
    );
    expect(seen).toBeGreaterThan(0);
  });

  it.each<readonly RunEvent[]>([[], [{ event: 'limit', limit: 1, why: 'load', at: 0 }]])(
    'is nothing that it may do where there are other events, or none',
    (...events) => {
      expect(doneOutside(load, onItsWay(0, chooser(1)), events, OUTDATED)).toBeUndefined();
    },
  );
});
