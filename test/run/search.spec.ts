import { members, suspects } from '../../lib/run/search';
import { ItemStatus, newState, TaskStatus } from '../../lib/run/state';
import { UNTROUBLED, type World, workloadOf } from './world';

const world: World = {
  deps: [[], [], [], []],
  gates: [0, 1, 2, 3].map(() => [{ failures: 0, blocking: true }]),
  ...UNTROUBLED,
  ...{ lanes: 1, batchSize: 50, execute: true, engine: 'local' },
};

it('what changes nothing is part of a weave, and cannot be what breaks it', () => {
  const load = workloadOf(world);
  const state = newState(load, 1, 'base');
  state.items.set([ItemStatus.woven, ItemStatus.woven, ItemStatus.gateFailed, ItemStatus.passed]);
  state.tasks.fill(TaskStatus.passed);
  // Its candidate was empty.
  state.tasks[load.firstTask[1]!] = TaskStatus.skipped;
  expect(members(state)).toEqual([0, 1, 3]);
  expect(suspects(load, state)).toEqual([0, 3]);
});
