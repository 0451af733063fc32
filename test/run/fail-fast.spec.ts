import fc from 'fast-check';
import { ItemStatus, isFailure } from '../../lib/run/state';
import { chooser } from './choosers';
import { runWorld, UNTROUBLED, type World, worlds } from './world';

const pass = { failures: 0, blocking: true };
const fail = { failures: 99, blocking: true };
const calm: World = {
  deps: [[], [], [1], []],
  gates: [[pass], [fail], [pass], [pass, pass]],
  ...UNTROUBLED,
  lanes: 1,
  batchSize: 50,
  execute: true,
  engine: 'local',
  failFast: true,
};
const quiet = { kills: false, duplicates: false };
const run = (world: World) => runWorld(world, () => 0, quiet);
const { woven, present, blocked, gateFailed, failFast } = ItemStatus;

describe('fail-fast', () => {
  it('ends the run with the first item that fails: what depends on it is blocked, all else skipped', () => {
    expect(run(calm)).toMatchObject({
      items: [failFast, gateFailed, blocked, failFast],
      target: 'base',
      violations: [],
    });
  });

  it('changes nothing where nothing fails, whatever optional gates do', () => {
    const optional = { failures: 99, blocking: false };
    const world = { ...calm, gates: calm.gates.map(() => [pass, optional]) };
    expect(run(world)).toMatchObject({ items: [woven, woven, woven, woven], violations: [] });
  });

  it('holds for what fails in the weave, and at the landing', () => {
    const gates = calm.gates.map(() => [pass]);
    expect(run({ ...calm, gates, clashes: [[0, 3]] })).toMatchObject({
      items: [failFast, failFast, failFast, ItemStatus.conflict],
      target: 'base',
    });
    expect(run({ ...calm, gates, moved: [0] })).toMatchObject({
      items: [ItemStatus.headMoved, failFast, failFast, failFast],
      target: 'base',
    });
  });

  it('lands nothing after a failure, and ends, in any world and order, killed and resumed', () => {
    fc.assert(
      fc.property(worlds, fc.integer(), (drawn, seed) => {
        const world = { ...drawn, failFast: true };
        const chaos = { kills: true, duplicates: true, losses: true };
        const { violations, items, target } = runWorld(world, chooser(seed), chaos);
        expect(violations).toEqual([]);
        if (!items.some(isFailure)) {
          for (const status of items) expect([woven, present]).toContain(status);
          return;
        }
        expect(target).toMatch(/^basex*$/);
        items.forEach((status, item) => {
          expect(status).toBeGreaterThanOrEqual(present);
          if (status === blocked)
            expect(world.deps[item]!.some((dep) => items[dep] === blocked || isFailure(items[dep]!))).toBe(
              true,
            );
        });
      }),
      { numRuns: 2500 },
    );
  });

  it('decides as without it what fails when only one item can', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.integer(), (bad, seed) => {
        const gates = calm.gates.map((_, item) => [item === bad ? fail : pass]);
        const world = { ...calm, lanes: 3, gates };
        const { items } = runWorld(world, chooser(seed), { kills: true, duplicates: true });
        expect(items[bad]).toBe(gateFailed);
        expect(items.filter(isFailure)).toHaveLength(1);
      }),
    );
  });
});
