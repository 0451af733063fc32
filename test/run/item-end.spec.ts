import { itemEnds } from '../../lib/run/item-end';
import type { Phase } from '../../lib/run/state';
import { ItemStatus, newState } from '../../lib/run/state';
import { UNTROUBLED, type World, workloadOf } from './world';

const statuses = Object.values(ItemStatus);
const world: World = {
  deps: statuses.map(() => []),
  gates: statuses.map(() => []),
  ...UNTROUBLED,
  ...{ lanes: 1, batchSize: 1, execute: true, engine: 'local' },
};
/** A run with an item of each status. */
const state = { ...newState(workloadOf(world), 1, 'base'), items: Uint8Array.from(statuses) };
const phase = (name: Phase) => ({ event: 'phase', phase: name, round: 1, base: 'base', at: 0 }) as const;

describe('the end of an item', () => {
  // The codes are those of docs/report.md.
  it.each([
    ['blocked', 'blocked', null],
    ['gateFailed', 'failed', null],
    ['conflict', 'failed', 'conflict'],
    ['unrelated', 'failed', 'unrelated-history'],
    ['notLinearizable', 'failed', 'not-linearizable'],
    ['headMoved', 'failed', 'head-moved'],
    ['integrationFailed', 'failed', 'integration-failed'],
    ['targetMoved', 'failed', 'target-moved'],
    ['targetDirty', 'failed', 'target-dirty'],
    ['targetGone', 'failed', 'target-gone'],
    ['landingRefused', 'failed', 'landing-refused'],
    ['cancelled', 'cancelled', 'cancelled'],
    ['engineFault', 'failed', 'engine-fault'],
    ['failFast', 'skipped', 'fail-fast'],
  ] as const)('that is out (%s) is told at once: %s, %s', (name, status, reason) => {
    const out = { event: 'item', item: 3, status: ItemStatus[name], at: 0 } as const;
    expect(itemEnds(out, state)).toEqual([{ item: 3, status, reason }]);
  });

  it.each(['waiting', 'open', 'passed', 'woven', 'present'] as const)('has not come with %s', (name) => {
    expect(itemEnds({ event: 'item', item: 3, status: ItemStatus[name], at: 0 }, state)).toEqual([]);
  });

  it('is not that of the run itself', () => {
    const stop = { event: 'stop', status: ItemStatus.cancelled, why: 'enough', at: 0 } as const;
    expect(itemEnds(stop, state)).toEqual([]);
  });

  it('comes with that of the run for what is woven, or was there', () => {
    expect(itemEnds(phase('done'), state)).toEqual([
      { item: ItemStatus.woven, status: 'merged', reason: null },
      { item: ItemStatus.present, status: 'merged', reason: null },
    ]);
    for (const before of ['weave', 'verify', 'bisect', 'land'] as const)
      expect(itemEnds(phase(before), state)).toEqual([]);
  });
});
