import { durationKey, expectedLengths, openDurations } from '../../lib/engine/durations';
import { MemoryStore } from '../../lib/performance/memory-store';
import { loadPlan } from '../../lib/plan/load';
import { orderPlan } from '../../lib/plan/order';
import { createWorkload } from '../../lib/run/workload';

const plan = loadPlan(
  JSON.stringify({
    schemaVersion: 'v1',
    target: 'main',
    gates: [{ name: 'test', run: 'true' }],
    items: [
      { name: 'a' },
      { name: 'b' },
      { name: 'c' },
      { name: 'd', gates: [{ name: 'other', run: 'true' }] },
    ],
  }),
  { file: 'plan.json', cwd: '/', defaultRepository: '/' },
);
const ordered = orderPlan(plan);
const gateOf = (name: string) => ordered.items.find((item) => item.name === name)!.gates[0]!.gate;

describe('the expected length of a gate', () => {
  it('is what it took last time, else the mean of its name, else of all', async () => {
    const durations = openDurations(plan.policy.performance, new MemoryStore());
    await durations.set(durationKey('test', 'a'), 100);
    await durations.set(durationKey('test', 'b'), 300);
    const lengths = await expectedLengths(durations, ordered);
    expect(['a', 'b', 'c', 'd'].map((name) => lengths(gateOf(name), name))).toEqual([100, 300, 200, 200]);
  });

  it('is the same for all where nothing is known', async () => {
    const lengths = await expectedLengths(openDurations(plan.policy.performance, new MemoryStore()), ordered);
    expect(['a', 'd'].map((name) => lengths(gateOf(name), name))).toEqual([1, 1]);
  });

  it('decides which gate goes first', async () => {
    const durations = openDurations(plan.policy.performance, new MemoryStore());
    await durations.set(durationKey('test', 'c'), 5000);
    await durations.set(durationKey('test', 'a'), 10);
    const lengths = await expectedLengths(durations, ordered);
    const load = createWorkload(
      ordered,
      plan.policy,
      { execute: true, gatesOnly: true, engine: 'local' },
      lengths,
    );
    const line = load.taskAt.map((task) => load.tasks[task]!.item).filter((item) => item >= 0);
    expect(ordered.items[line[0]!]!.name).toBe('c');
  });
});
