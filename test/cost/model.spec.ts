import fc from 'fast-check';
import { COEFFICIENTS } from '../../lib/cost/coefficients';
import { countersOf } from '../../lib/cost/model';
import type { Usage } from '../../lib/cost/usage';
import type { States } from '../../lib/infra/asl';
import { runMachine } from '../../lib/infra/run-machine';
import { execute } from '../infra/execution';
import { LANE, lane, type Turn } from '../infra/lane';
import { shape } from '../support/shape';

const NONE: Usage = {
  items: 0,
  lanes: 1,
  executions: 1,
  seconds: 0,
  commits: 0,
  turns: { gate: 0, build: 0, check: 0, settled: 0, merge: 0, sleep: 0 },
  lost: { gate: 0, merge: 0 },
  gates: 0,
  gateSeconds: 0,
  buildMinutes: 0,
  packs: 0,
  series: 0,
};
const counters = (usage: Partial<Usage>) => countersOf({ ...NONE, ...usage }, shape, COEFFICIENTS);

/** States that a run with these lanes enters: its own, those that keep each lane going, those of the lanes. */
async function statesOf(lanes: readonly (readonly Turn[])[]): Promise<number> {
  const machine = runMachine(200, 3_600);
  const run = await execute(machine, { run: 'r', generation: 1 }, ({ state }) =>
    state === 'Prepare' ? { Payload: { prepared: true, lanes: [] } } : { Payload: null },
  );
  const { ItemProcessor } = machine.States.Lanes as unknown as { readonly ItemProcessor: States };
  const around = await execute(ItemProcessor, LANE, () => ({ Output: { end: 'done' } }));
  const inLanes = await Promise.all(lanes.map((turns) => lane(turns)));
  return inLanes.reduce((sum, { path }) => sum + around.path.length + path.length, run.path.length);
}

const kind = fc.constantFrom('gate' as const, 'build' as const, 'merge' as const, 'sleep' as const);

describe('what a run has used', () => {
  it('has the transitions and calls of the state machines, as they are defined', async () => {
    const turns = fc.array(fc.array(kind, { maxLength: 6 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(turns, async (lanes) => {
        const count = (of: string) => lanes.flat().filter((each) => each === of).length;
        const used = counters({
          lanes: lanes.length,
          turns: {
            ...NONE.turns,
            build: count('build'),
            merge: count('merge'),
            sleep: count('sleep'),
            gate: Math.floor(count('gate') / 2),
          },
          // A tree is packed by the same state as gates run in.
          packs: Math.ceil(count('gate') / 2),
        });
        expect(used.transitions).toBe(await statesOf(lanes.map((of) => of.map((each) => ({ kind: each })))));
        expect(used.functions.next!.calls).toBe(lanes.length + lanes.flat().length);
      }),
      { numRuns: 20 },
    );
  });

  it('counts what was lost as it was tried: twice, and given up', async () => {
    const twice = ['Runtime.ExitError', 'Runtime.ExitError'];
    const { path, calls } = await lane([{ kind: 'gate', work: twice }]);
    const lost = counters({ lost: { gate: 1, merge: 0 } });
    const retries = calls.filter(({ retry }) => retry > 0).length;
    expect(lost.transitions - (await statesOf([[]]))).toBe(
      path.length + retries - (await lane([])).path.length,
    );
    expect(lost.functions.gate!.calls).toBe(2);
  });

  it('counts memory and /tmp of a function by its size', () => {
    const { gbSeconds, storageGbSeconds } = counters({ gateSeconds: 60 }).functions.gate!;
    expect([gbSeconds, storageGbSeconds]).toEqual([120, 210]);
  });

  it('counts a build by the processors of its machine', () => {
    const usage = { ...NONE, buildMinutes: 10 };
    const large = { ...shape, buildProcessors: 8 };
    expect(countersOf(usage, shape, COEFFICIENTS).buildMinutes).toBe(10);
    expect(countersOf(usage, large, COEFFICIENTS).buildMinutes).toBe(40);
  });

  it('has a lane that waits ask again every quarter of an hour', () => {
    const [short, long] = [800, 9_050].map((seconds) => counters({ seconds }));
    expect(short!.functions.next!.calls).toBe(1);
    expect(long!.functions.next!.calls).toBe(11);
    expect(counters({ seconds: 9_050, gateSeconds: 9_000 }).functions.next!.calls).toBe(1);
  });

  it('never gets less by doing more', () => {
    const more = fc.record({
      items: fc.nat(10_000),
      commits: fc.nat(10_000),
      series: fc.nat(100),
      executions: fc.integer({ min: 1, max: 4 }),
      lanes: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(more, more, (a, b) => {
        const greater = Object.fromEntries(
          Object.entries(a).map(([name, value]) => [name, value + b[name as keyof typeof b]]),
        );
        const [less, most] = [counters(a), counters(greater)];
        for (const [name, value] of Object.entries(less))
          if (name !== 'functions') expect(most[name as 'puts']).toBeGreaterThanOrEqual(value as number);
      }),
    );
  });

  it('reads a larger state with more units', () => {
    const usage = { commits: 100, turns: { ...NONE.turns, gate: 100 } };
    const [small, large] = [100, 50_000].map((items) => counters({ ...usage, items }));
    expect(large!.writeUnits).toBeGreaterThan(small!.writeUnits * 5);
    expect(large!.readUnits).toBeGreaterThan(small!.readUnits * 2);
  });
});
