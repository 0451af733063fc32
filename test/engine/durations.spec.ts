import { durationKey, learnDurations, openDurations, readForecasts } from '../../lib/engine/durations';
import { MemoryStore } from '../../lib/performance/memory-store';
import { loadPlan } from '../../lib/plan/load';
import { orderPlan } from '../../lib/plan/order';
import { expectedLengths } from '../../lib/prediction/forecast';
import type { RunEvent } from '../../lib/run/messages';
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
const names = ordered.items.map(({ name }) => name);
const run = { execute: true, gatesOnly: false, engine: 'local' } as const;
const load = createWorkload(ordered, plan.policy, run);
const { performance } = plan.policy;

type Outcome = Extract<RunEvent, { kind: 'gate' }>['outcome'];

const ended = (item: string | null, ms: number, outcome: Outcome = 'pass', more = {}): RunEvent => {
  const task = load.tasks.findIndex((each) => each.item === (item === null ? -1 : names.indexOf(item)));
  return {
    ...{
      event: 'result',
      kind: 'gate',
      task,
      attempt: 1,
      outcome,
      startedAt: 5,
      endedAt: 5 + ms,
      lane: 0,
      round: 1,
    },
    ...more,
  };
};

function history() {
  const store = new MemoryStore();
  const durations = openDurations(performance, store);
  const learn = (...events: RunEvent[]) => learnDurations(durations, load, names, events);
  const forecasts = () => readForecasts(durations, ordered, plan.policy);
  const lengths = async () => {
    const lengthOf = expectedLengths(await forecasts());
    return ordered.items.map(({ name, gates }) => lengthOf(gates[0]!.gate, name));
  };
  return { store, durations, learn, lengths, forecasts };
}

describe('the expected length of a gate', () => {
  it('is the median of what it took, else of its name, else of all', async () => {
    const { learn, lengths, forecasts } = history();
    for (const ms of [100, 120, 9_999]) await learn(ended('a', ms), ended('b', 3 * ms), ended(null, 7 * ms));
    const [a, b, c, d] = await lengths();
    expect([a, b]).toEqual([120, 360]);
    expect(c).toBeGreaterThan(100);
    expect(c).toBeLessThan(9_999);
    expect(d).toBe(c);
    const woven = (await forecasts())({ name: 'test' }, null);
    expect(woven).toEqual({ window: [700, 840, 70_000], from: 'own' });
  });

  it('is the same for all where nothing is known', async () => {
    expect(await history().lengths()).toEqual([1, 1, 1, 1]);
  });

  it('is known of the name where no item of the plan has run before', async () => {
    const { durations, learn, forecasts } = history();
    await learn(ended('a', 100));
    await durations.set(durationKey('test', 'a'), []);
    expect((await forecasts())({ name: 'test' }, 'a')).toEqual({ window: [100], from: 'gate' });
  });

  it('comes of passes and of time-outs, of several attempts the last, and of nothing else', async () => {
    const { learn, lengths, store } = history();
    const probe = load.tasks.findIndex((task) => task.probe > 0);
    await learn(
      ended('a', 10, 'fail'),
      ended('a', 20, 'conflict'),
      ended('a', 30, 'pass', { cached: true }),
      ended('a', 40, 'pass', { task: probe }),
    );
    expect(store.size()).toBe(0);
    await learn(ended('a', 50, 'timeout'), ended('a', 60), ended('a', 70, 'fail'), ended('b', 80, 'timeout'));
    expect((await lengths()).slice(0, 2)).toEqual([60, 80]);
  });

  it('is not misread from what versions before have kept, or what somebody has', async () => {
    const { store, durations, lengths } = history();
    const entry = { json: '86400000', writtenAt: Date.now(), expiresAt: Date.now() + 60_000 };
    await store.set('duration/1', durationKey('test', 'a'), entry);
    for (const [item, value] of Object.entries({ a: 5, b: [-1], c: ['x'] }))
      await durations.set(durationKey('test', item), value as never);
    expect(await lengths()).toEqual([1, 1, 1, 1]);
  });

  it('is known for longer than results are kept, and not where nothing is to be cached', async () => {
    const { store, learn } = history();
    await learn(ended('a', 100));
    const entry = (await store.get('duration/2', durationKey('test', 'a')))!;
    expect(entry.expiresAt - entry.writtenAt).toBe(30 * 86_400_000);
    const off = openDurations({ ...performance, enableCaching: false }, store);
    await learnDurations(off, load, names, [ended('b', 100)]);
    expect((await readForecasts(off, ordered, plan.policy))({ name: 'test' }, 'a')).toBeUndefined();
    expect(store.size()).toBe(2);
  });

  it('decides which gate goes first', async () => {
    const { learn, forecasts } = history();
    await learn(ended('c', 5_000), ended('a', 10));
    const { taskAt, tasks } = createWorkload(ordered, plan.policy, run, expectedLengths(await forecasts()));
    const line = taskAt.map((task) => tasks[task]!.item).filter((item) => item >= 0);
    expect(names[line[0]!]).toBe('c');
  });
});
