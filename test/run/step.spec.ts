import fc from 'fast-check';
import { decodeState, encodeState } from '../../lib/run/codec';
import type { Result } from '../../lib/run/messages';
import { MAX_LOSSES } from '../../lib/run/results';
import { ItemStatus, isOut, newState } from '../../lib/run/state';
import { start, step } from '../../lib/run/step';
import { chooser } from './choosers';
import { runWorld, UNTROUBLED, type World, workloadOf, worlds } from './world';

const calm: World = {
  deps: [[], [0], [0], [1, 2]],
  gates: [0, 1, 2, 3].map(() => [{ failures: 0, blocking: true }]),
  ...UNTROUBLED,
  lanes: 2,
  batchSize: 50,
  execute: true,
  engine: 'local',
};
const quiet = { kills: false, duplicates: false };
const run = (world: World) => runWorld(world, () => 0, quiet);
const failing = { failures: 99, blocking: true };

describe('the coordinator', () => {
  it('weaves everything in merge order when all gates pass', () => {
    expect(run(calm)).toMatchObject({ items: [3, 3, 3, 3], target: 'base/0/1/2/3', violations: [] });
  });

  it('blocks what depends on a failure and nothing else', () => {
    const world = { ...calm, gates: calm.gates.map((gates, item) => (item === 1 ? [failing] : gates)) };
    expect(run(world)).toMatchObject({
      items: [3, ItemStatus.gateFailed, 3, ItemStatus.blocked],
      target: 'base/0/2',
    });
  });

  it('lets a failed optional gate block nothing', () => {
    const optional = { failures: 99, blocking: false };
    const world = { ...calm, gates: calm.gates.map((gates) => [...gates, optional]) };
    expect(run(world)).toMatchObject({ target: 'base/0/1/2/3', violations: [] });
  });

  it('retries a gate up to maxAttempts, after its backoff', () => {
    const flaky = {
      ...calm,
      backoffSeconds: 5,
      gates: calm.gates.map(() => [{ failures: 2, blocking: true }]),
    };
    expect(run({ ...flaky, maxAttempts: 3 }).target).toBe('base/0/1/2/3');
    expect(run({ ...flaky, maxAttempts: 2 }).items[0]).toBe(ItemStatus.gateFailed);
  });

  it('fails the later one of two that clash in the weave', () => {
    expect(run({ ...calm, clashes: [[1, 2]] })).toMatchObject({
      items: [3, 3, ItemStatus.conflict, ItemStatus.blocked],
      target: 'base/0/1',
    });
  });

  it('lands nothing when verification fails and nobody may look for the reason', () => {
    const { items, target } = run({ ...calm, breaks: [1, 2], maxProbes: 0 });
    expect(items).toEqual([11, 11, 11, 11]);
    expect(target).toBe('base');
  });

  it('evicts the item that breaks the weave with what depends on it, and lands the rest', () => {
    expect(run({ ...calm, breaks: [1, 2] })).toMatchObject({
      items: [3, 3, ItemStatus.integrationFailed, ItemStatus.blocked],
      target: 'base/0/1',
    });
  });

  it('evicts nobody for what the target does by itself, nor when its probes are used up', () => {
    const all = Array(4).fill(ItemStatus.integrationFailed);
    expect(run({ ...calm, breaks: [], breaksAlone: true })).toMatchObject({ items: all, target: 'base' });
    expect(run({ ...calm, breaks: [1, 2], maxProbes: 1 })).toMatchObject({ items: all, target: 'base' });
  });

  it('evicts what breaks a target that does not pass by itself and is mended by an item', () => {
    const apart = { ...calm, deps: calm.deps.map(() => []), breaks: [3], breaksAlone: true };
    for (const mends of [0, 1, 2])
      expect(run({ ...apart, mends })).toMatchObject({
        items: [3, 3, 3, ItemStatus.integrationFailed],
        target: 'base/0/1/2',
        violations: [],
      });
  });

  it('weaves anew on a target that moved, up to maxRetries', () => {
    expect(run({ ...calm, targetMoves: 2 }).target).toBe('basexx/0/1/2/3');
    expect(run({ ...calm, targetMoves: 3 }).items).toEqual(Array(4).fill(ItemStatus.targetMoved));
  });

  it('drops an item whose head moved, with its dependents, and lands the rest', () => {
    expect(run({ ...calm, moved: [1] })).toMatchObject({
      items: [3, ItemStatus.headMoved, 3, ItemStatus.blocked],
      target: 'base/0/2',
    });
  });

  it('calls an empty item merged, and goes on with what depends on it', () => {
    expect(run({ ...calm, empty: [0, 3] })).toMatchObject({ items: [4, 3, 3, 4], target: 'base/1/2' });
  });

  it('moves nothing in a dry run', () => {
    expect(run({ ...calm, execute: false })).toMatchObject({ items: [3, 3, 3, 3], target: 'base' });
  });

  it('ends at once when there is nothing to do', () => {
    expect(run({ ...calm, deps: [], gates: [] })).toMatchObject({
      items: [],
      target: 'base',
      violations: [],
    });
  });
});

describe('in any world, the coordinator', () => {
  const orders = fc.integer();

  it('keeps every promise at every step, in any order of events', () => {
    fc.assert(
      fc.property(worlds, orders, (world, seed) => {
        const { violations, items } = runWorld(world, chooser(seed), quiet);
        expect(violations).toEqual([]);
        for (const status of items) expect(status).toBeGreaterThanOrEqual(ItemStatus.woven);
      }),
      { numRuns: 1500 },
    );
  });

  it('comes to the same end whatever the order, with messages repeated, and killed and resumed anywhere', () => {
    fc.assert(
      fc.property(worlds, orders, (any, seed) => {
        // How far so many probes lead depends on how many are made at once.
        const maxProbes = any.maxProbes === 1 ? 50 : any.maxProbes;
        // Which prefixes are known to fail, and so where one that passes is looked for, depends on that as well.
        const { mends: _, ...world } = { ...any, maxProbes };
        const expected = runWorld(world, () => 0, quiet);
        const actual = runWorld(world, chooser(seed), { kills: true, duplicates: true, losses: true });
        expect(actual.violations).toEqual([]);
        expect(actual.items).toEqual(expected.items);
        expect(actual.target).toEqual(expected.target);
      }),
      { numRuns: 2500 },
    );
  });

  it('comes to the same end whatever number of gates may run at once, and however that changes', () => {
    fc.assert(
      fc.property(worlds, orders, (any, seed) => {
        const maxProbes = any.maxProbes === 1 ? 50 : any.maxProbes;
        const { mends: _, ...world } = { ...any, maxProbes };
        const expected = runWorld(world, () => 0, quiet);
        const actual = runWorld(world, chooser(seed), { kills: true, duplicates: true, limits: true });
        expect(actual.violations).toEqual([]);
        expect(actual.items).toEqual(expected.items);
        expect(actual.target).toEqual(expected.target);
      }),
      { numRuns: 300 },
    );
  });

  it('gives no more lanes gates than it may, merges beside them, and keeps that in the stored state', () => {
    const world = { ...calm, deps: [[], [], [], []], batchSize: 1, lanes: 4 };
    const load = workloadOf(world);
    const call = (lane: number, turn: number, results: readonly Result[] = []) =>
      ({ kind: 'next', lane, turn, generation: 1, results }) as const;
    const limit = (to: number) => ({ kind: 'limit', limit: to, why: 'test' }) as const;
    let state = start(load, newState(load, 4, 'base'), [], 0).state;
    const apply = (...inputs: Parameters<typeof step>[2]) => {
      const taken = step(load, state, inputs, 0);
      state = decodeState(load, encodeState(taken.state));
      return taken.answers.map(({ lane, work }) => `${lane} ${work.kind}`);
    };
    expect(apply(limit(2), ...[0, 1, 2, 3].map((lane) => call(lane, 1)))).toEqual(['0 gates', '1 gates']);
    const pass = (task: number): Result => ({
      kind: 'gate',
      task,
      attempt: 1,
      outcome: 'pass',
      startedAt: 0,
      endedAt: 0,
    });
    // The weave goes to a lane that may not have a gate.
    expect(apply(limit(1), call(0, 2, [pass(0)]))).toEqual(['0 merge']);
    expect(apply(call(1, 2, [pass(1)]))).toEqual(['1 gates']);
    expect(apply(limit(99))).toEqual(['2 gates']);
    expect(state.limit).toBe(4);
    expect(apply(limit(-1))).toEqual([]);
    expect(state.limit).toBe(1);
    apply({ kind: 'takeover', lanes: 3 });
    expect(state.limit).toBe(3);
    apply({ kind: 'takeover', lanes: 3, limit: 2 });
    expect(state.limit).toBe(2);
  });

  it('blocks exactly the descendants of what failed', () => {
    fc.assert(
      fc.property(worlds, orders, (world, seed) => {
        const { items } = runWorld(world, chooser(seed), quiet);
        items.forEach((status, item) => {
          const behind = world.deps[item]!.filter((dep) => isOut(items[dep]!));
          if (status === ItemStatus.blocked) expect(behind).not.toEqual([]);
          // What ends the run ends each item of the weave for itself.
          else if (status < ItemStatus.integrationFailed)
            expect(behind.filter((dep) => items[dep]! < ItemStatus.integrationFailed)).toEqual([]);
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('evicts, of items that pass alone, the one that completes what breaks the weave, and no other', () => {
    fc.assert(
      fc.property(worlds, fc.tuple(fc.nat(), fc.nat()), orders, (any, pair, seed) => {
        fc.pre(any.deps.length > 0);
        const breaks = pair.map((number) => number % any.deps.length);
        const gates = any.deps.map(() => [{ failures: 0, blocking: true }]);
        const world = { ...any, ...UNTROUBLED, gates, breaks, breaksAlone: false, maxProbes: 50 };
        const { items } = runWorld(world, chooser(seed), quiet);
        const culprit = Math.max(...breaks);
        expect(items[culprit]).toBe(ItemStatus.integrationFailed);
        items.forEach((status, item) => {
          const isBehind = world.deps[item]!.some((dep) => isOut(items[dep]!));
          if (item !== culprit) expect(status).toBe(isBehind ? ItemStatus.blocked : ItemStatus.woven);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('makes no difference between a gate that fails and one that is out of time, on the woven commit too', () => {
    fc.assert(
      fc.property(worlds, orders, (world, seed) => {
        const late = runWorld({ ...world, failsBy: 'timeout' }, chooser(seed), quiet);
        const { events: _, ...failed } = runWorld(world, chooser(seed), quiet);
        expect(late).toMatchObject(failed);
      }),
      { numRuns: 500 },
    );
  });

  it('ends a run that is cancelled at any moment, with nothing landed after that, or everything', () => {
    fc.assert(
      fc.property(worlds, orders, (world, seed) => {
        const { violations, items, target, stopped } = runWorld(world, chooser(seed), {
          kills: true,
          duplicates: true,
          losses: true,
          stops: true,
        });
        expect(violations).toEqual([]);
        for (const status of items) expect(status).toBeGreaterThanOrEqual(ItemStatus.woven);
        if (!stopped) return;
        expect(target).toMatch(/^basex*$/);
        expect(items).not.toContain(ItemStatus.woven);
      }),
      { numRuns: 2500 },
    );
  });

  it('fails a gate whose worker is lost again and again, and ends a run that cannot be woven', () => {
    const load = workloadOf(calm);
    let state = start(load, newState(load, 1, 'base'), [], 0).state;
    const turn = (results: Result[], lost?: string) => {
      const call = { kind: 'next', lane: 0, generation: 1, turn: state.lanes[0]!.turn + 1, results } as const;
      const taken = step(load, state, [lost === undefined ? call : { ...call, lost }], 0);
      state = taken.state;
      return taken.answers[0]?.work;
    };
    const first = turn([]);
    for (let k = 1; k < MAX_LOSSES.gate; k += 1) expect(turn([], 'out of memory')).toEqual(first);
    turn([], 'out of memory');
    expect(state.items[0]).toBe(ItemStatus.gateFailed);

    const woven = { ...calm, deps: [[]], gates: [[]] };
    const alone = workloadOf(woven);
    state = start(alone, newState(alone, 1, 'base'), [], 0).state;
    const weave = (lost?: string) => {
      const call = {
        kind: 'next',
        lane: 0,
        generation: 1,
        turn: state.lanes[0]!.turn + 1,
        results: [],
      } as const;
      const taken = step(alone, state, [lost === undefined ? call : { ...call, lost }], 0);
      state = taken.state;
      return taken.answers[0]?.work.kind;
    };
    expect(weave()).toBe('merge');
    for (let k = 1; k < MAX_LOSSES.merge; k += 1) expect(weave('disk full')).toBe('merge');
    expect(weave('disk full')).toBe('done');
    expect([...state.items]).toEqual([ItemStatus.engineFault]);
  });

  it('goes on where the target is now when that has left the commit to weave on, and ends every item in the end', () => {
    const load = workloadOf({
      ...calm,
      deps: [[], []],
      gates: [[], [{ failures: 0, blocking: true }]],
      batchSize: 1,
    });
    let state = start(load, newState(load, 1, 'base'), [], 0).state;
    const turn = (results: Result[]) => {
      const call = { kind: 'next', lane: 0, generation: 1, turn: state.lanes[0]!.turn + 1, results } as const;
      const taken = step(load, state, [call], 0);
      state = taken.state;
      return taken.answers[0]!.work;
    };
    const moved = (now: string): Result => ({
      kind: 'land',
      result: { kind: 'target-moved', now },
      durationMs: 0,
    });
    expect(turn([])).toMatchObject({ kind: 'merge', items: [0], base: 'base' });
    for (let k = 1; k <= load.maxRetries; k += 1)
      expect(turn([moved(`moved-${k}`)])).toMatchObject({ kind: 'merge', items: [0], base: `moved-${k}` });
    expect(turn([moved('again')])).toEqual({ kind: 'done' });
    expect([...state.items]).toEqual([ItemStatus.targetMoved, ItemStatus.targetMoved]);
  });

  it('ends a run whose landing is lost again and again only after a look whether it was faster', () => {
    const load = workloadOf({ ...calm, deps: [[]], gates: [[]], execute: true });
    const ways = { landed: ItemStatus.woven, refused: ItemStatus.engineFault, lost: ItemStatus.engineFault };
    for (const [way, status] of Object.entries(ways)) {
      let state = start(load, newState(load, 1, 'base'), [], 0).state;
      const turn = (results: Result[], lost?: string) => {
        const call = {
          kind: 'next',
          lane: 0,
          generation: 1,
          turn: state.lanes[0]!.turn + 1,
          results,
        } as const;
        const taken = step(load, state, [lost === undefined ? call : { ...call, lost }], 0);
        state = taken.state;
        return taken.answers[0]!.work.kind;
      };
      const tip = { chain: 'woven', linear: 'woven', tree: 'tree' };
      const merged = { kind: 'merge', item: 0, present: false, durationMs: 0 } as const;
      expect(turn([])).toBe('merge');
      expect(turn([{ ...merged, result: { kind: 'woven', tip } }])).toBe('land');
      for (let k = 0; k < MAX_LOSSES.merge; k += 1) expect(turn([], 'killed')).toBe('land');
      expect(state.stopping).toBe(ItemStatus.engineFault);
      const landing = { kind: 'land', durationMs: 0 } as const;
      if (way === 'landed') turn([{ ...landing, result: { kind: 'landed', synced: [], warnings: [] } }]);
      else if (way === 'refused') turn([{ ...landing, result: { kind: 'refused', message: 'stopped' } }]);
      else for (let k = 0; k < MAX_LOSSES.merge; k += 1) turn([], 'killed');
      expect([state.phase, ...state.items]).toEqual(['done', status]);
    }
  });
});
