import type { Item } from '../../lib/plan/plan';
import { createWorkload } from '../../lib/run/workload';
import { planOf, UNTROUBLED, type World } from './world';

const world: World = {
  deps: [[], [], [1], [], []],
  gates: [0, 1, 2, 3, 4].map(() => [{ failures: 0, blocking: true }]),
  ...UNTROUBLED,
  lanes: 1,
  batchSize: 1,
  execute: true,
  engine: 'local',
};

/** The items in the order in which their gates stand in line; the gate of the woven commit is −1. */
function lineOf(fields: Readonly<Record<number, Partial<Item>>>): number[] {
  const { ordered, policy } = planOf(world);
  const items = ordered.items.map((item, at) => ({ ...item, ...fields[at] }));
  const run = { execute: true, gatesOnly: false, engine: 'local' } as const;
  const { taskAt, tasks } = createWorkload({ ...ordered, items }, policy, run);
  return taskAt.filter((task) => tasks[task]!.probe === 0).map((task) => tasks[task]!.item);
}

describe('the line of gates', () => {
  it('goes by the longest path behind them, then by name', () => {
    expect(lineOf({})).toEqual([-1, 1, 0, 2, 3, 4]);
  });

  it('goes by priority before that', () => {
    expect(lineOf({ 3: { priority: 2 }, 4: { priority: 1 } })).toEqual([-1, 3, 4, 1, 0, 2]);
  });

  it('has the dependencies of an urgent item before others, so that it does not wait for them', () => {
    expect(lineOf({ 0: { priority: 1 }, 2: { priority: 2 } })).toEqual([-1, 1, 2, 0, 3, 4]);
  });

  it('has hot-fixes and what they need first', () => {
    expect(lineOf({ 0: { priority: 100 }, 2: { hotfix: true } })).toEqual([-1, 1, 2, 0, 3, 4]);
  });
});
