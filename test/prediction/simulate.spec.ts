import fc from 'fast-check';
import { criticalPath } from '../../lib/prediction/critical-path';
import { simulate } from '../../lib/prediction/simulate';
import { createWorkload } from '../../lib/run/workload';
import { createReality, planOf, type World, workloadOf, worlds } from '../run/world';
import { virtualRun } from '../support/virtual-run';

/** A world in which nothing goes wrong, and how long its gates take. */
const timed = fc.record({
  world: worlds.map(
    (world): World => ({
      ...world,
      gates: world.gates.map((gates) => gates.map((gate) => ({ ...gate, failures: 0 }))),
      clashes: [],
      moved: [],
      empty: [],
      targetMoves: 0,
      breaks: [],
      breaksAlone: false,
      engine: 'local',
    }),
  ),
  gatesOnly: fc.boolean(),
  times: fc.array(fc.nat(9), { minLength: 60, maxLength: 60 }),
});

const loadOf = (world: World, gatesOnly: boolean, times: readonly number[]) => {
  const { ordered, policy } = planOf(world);
  const { execute, engine } = world;
  const lengths = workloadOf(world).tasks.map((_, task) => times[task % times.length]!);
  return { load: createWorkload(ordered, policy, { execute, engine, gatesOnly }), lengths };
};

const blocks = (gate: World['gates'][number][number]) => ({ ...gate, blocking: true });

describe('the simulated list schedule', () => {
  it('takes as long as the run that `step` makes of the same workload', () => {
    fc.assert(
      fc.property(timed, ({ world: any, gatesOnly, times }) => {
        // While the last items are woven, lanes may begin with gates that nothing waits for, and verification stands back.
        const world = gatesOnly ? any : { ...any, gates: any.gates.map((gates) => gates.map(blocks)) };
        const { load, lengths } = loadOf(world, gatesOnly, times);
        const { perform } = createReality(world, load);
        const real = virtualRun(load, world.lanes, lengths, perform);
        expect(simulate(load, world.lanes, lengths)).toBe(real);
      }),
      { numRuns: 300 },
    );
  });

  it('is never faster than its bound, and as fast as the critical path where there are lanes for all', () => {
    fc.assert(
      fc.property(timed, ({ world, gatesOnly, times }) => {
        const { load, lengths } = loadOf(world, gatesOnly, times);
        const path = criticalPath(load, lengths).reduce((sum, task) => sum + lengths[task]!, 0);
        const count = gatesOnly ? load.firstTask.at(-1)! : load.deps.length === 0 ? 0 : load.firstProbe;
        const work = lengths.slice(0, count).reduce((sum, length) => sum + length, 0);
        expect(simulate(load, world.lanes, lengths)).toBeGreaterThanOrEqual(
          Math.max(path, work / world.lanes),
        );
        expect(simulate(load, 1_000, lengths)).toBe(path);
      }),
    );
  });
});
