import fc from 'fast-check';
import { decodeState, encodeState } from '../../lib/run/codec';
import type { Result } from '../../lib/run/messages';
import { refusalOf } from '../../lib/run/override';
import { ItemStatus, newState, type RunState } from '../../lib/run/state';
import { overrideRun, start, step } from '../../lib/run/step';
import { stillVerified } from '../../lib/run/waived';
import { chooser } from './choosers';
import { runWorld, UNTROUBLED, type World, workloadOf, worlds } from './world';

const pass = { failures: 0, blocking: true };
const fail = { failures: 99, blocking: true };
const calm: World = {
  deps: [[], [0], [1], []],
  gates: [[fail], [pass], [pass], [pass]],
  ...UNTROUBLED,
  lanes: 1,
  batchSize: 1,
  execute: true,
  engine: 'local',
};
const { woven, gateFailed, blocked, waiting, open, passed } = ItemStatus;

/** A run with one lane, whose turns are taken by hand. */
function begin(world: World, outdated: readonly number[] = []) {
  const load = workloadOf(world);
  let state: RunState = start(load, newState(load, world.lanes, 'base'), outdated, 0).state;
  return {
    load,
    get state() {
      return state;
    },
    turn(results: readonly Result[] = [], lane = 0) {
      const turn = state.lanes[lane]!.turn + 1;
      const taken = step(load, state, [{ kind: 'next', lane, generation: 1, turn, results }], 0);
      state = taken.state;
      return taken.answers.find((answer) => answer.lane === lane)?.work;
    },
    gate(task: number, outcome: 'pass' | 'fail'): Result {
      const attempt = state.attempts[task]! + 1;
      return { kind: 'gate', task, attempt, outcome, startedAt: 0, endedAt: 0 };
    },
    override(task: number) {
      const override = { task, user: 'ann', reason: 'known', by: null, at: 1 };
      const taken = overrideRun(load, state, override, outdated);
      state = decodeState(load, encodeState(taken.state));
      // The line may hold what is not to run any more; it is dropped when it comes up.
      expect({ ...state, ready: [] }).toEqual({ ...taken.state, ready: [] });
      return taken.events;
    },
  };
}

describe('an override', () => {
  it('of a gate for which others ask on the woven commit leaves it there', () => {
    const { load, state } = begin(calm);
    const of = (...tasks: number[]) => ({
      items: state.items,
      overrides: tasks.map((task) => ({ task, user: 'ann', reason: 'known', by: null, at: 1 })),
    });
    expect(stillVerified(load, of(0), 0)).toEqual({ by: [1, 2, 3], besides: [] });
    expect(stillVerified(load, of(0, 3), 0)?.by).toEqual([1, 2]);
    const items = Uint8Array.from([waiting, gateFailed, blocked, waiting]);
    expect(stillVerified(load, { ...of(0), items }, 0)?.by).toEqual([3]);
    expect(stillVerified(load, of(0, 1, 2, 3), 0)).toBeUndefined();
    expect(stillVerified({ ...load, gatesOnly: true }, of(0), 0)).toBeUndefined();
    const named = { ...load, askedBy: [undefined] };
    expect(stillVerified(named, of(0), 0)).toBeUndefined();
  });

  it('opens an item again that had failed for that gate alone, and what that had blocked', () => {
    const run = begin(calm);
    expect(run.turn()).toMatchObject({ kind: 'gates', tasks: [{ task: 0 }] });
    run.turn([run.gate(0, 'fail')]);
    expect([...run.state.items]).toEqual([gateFailed, blocked, blocked, open]);
    const events = run.override(0);
    expect(events[0]).toMatchObject({ event: 'override', task: 0, user: 'ann', reason: 'known', at: 1 });
    expect([...run.state.items]).toEqual([passed, open, waiting, open]);
  });

  it('leaves an item failed that another gate is against, until that is overridden too', () => {
    const run = begin({ ...calm, gates: [[fail, fail], [pass], [pass], [pass]] });
    run.turn();
    run.turn([run.gate(0, 'fail')]);
    run.turn([run.gate(1, 'fail')]);
    run.override(0);
    expect(run.state.items[0]).toBe(gateFailed);
    run.override(1);
    expect([...run.state.items]).toEqual([passed, open, waiting, open]);
  });

  it('leaves blocked what something else is against: another failure, or a head that had moved', () => {
    const world = { ...calm, deps: [[], [0], [1], [0]], gates: [[fail], [pass], [pass], [pass]] };
    const run = begin(world, [1]);
    run.turn();
    run.turn([run.gate(0, 'fail')]);
    run.override(0);
    expect([...run.state.items]).toEqual([passed, ItemStatus.headMoved, blocked, open]);

    const two = begin({ ...calm, deps: [[], [], [0, 1], []], gates: [[fail], [fail], [pass], [pass]] });
    two.turn();
    two.turn([two.gate(0, 'fail')]);
    two.turn([two.gate(1, 'fail')]);
    two.override(0);
    expect([...two.state.items]).toEqual([passed, gateFailed, blocked, open]);
    two.override(1);
    expect([...two.state.items]).toEqual([passed, passed, open, open]);
  });

  it('lets an item pass whose gate still runs, whatever that comes to, also when its worker is lost', () => {
    for (const results of [['pass'], ['fail'], []] as const) {
      const run = begin({ ...calm, deps: [[]], gates: [[fail]], maxAttempts: 3 });
      run.turn();
      run.override(0);
      expect(run.state.items[0]).toBe(passed);
      const work = run.turn(results.map((outcome) => run.gate(0, outcome)));
      expect(work).toMatchObject({ kind: 'merge', items: [0], untested: [] });
      expect(work).toMatchObject({ overrides: [{ item: 0, gate: 'g0', user: 'ann', reason: 'known' }] });
    }
  });

  it('spares a gate that has not started, of an item that waits as well', () => {
    const run = begin({ ...calm, gates: [[pass], [fail], [pass], [pass]], batchSize: 9 });
    run.override(1);
    run.turn();
    expect(run.turn([run.gate(0, 'pass')])).toMatchObject({ kind: 'gates', tasks: [{ task: 2 }] });
    expect(run.state.items[1]).toBe(passed);
  });

  it('has all that was woven past the item woven anew, and what is being woven counts for nothing', () => {
    const run = begin({ ...calm, deps: [[], [], []], gates: [[fail], [], []], batchSize: 1, lanes: 1 });
    const tip = (name: string) => ({ chain: name, linear: name });
    const wovenTo = (item: number, name: string): Result => ({
      kind: 'merge',
      item,
      present: false,
      durationMs: 0,
      result: { kind: 'woven', tip: tip(name) },
    });
    run.turn();
    expect(run.turn([run.gate(0, 'fail')])).toMatchObject({ kind: 'merge', items: [1] });
    expect(run.turn([wovenTo(1, 'one')])).toMatchObject({ kind: 'merge', items: [2], tip: tip('one') });
    run.override(0);
    expect(run.turn([wovenTo(2, 'two')])).toMatchObject({ kind: 'merge', items: [0], tip: tip('base') });
    expect(run.turn([wovenTo(0, 'zero')])).toMatchObject({ kind: 'merge', items: [1], tip: tip('zero') });
  });

  it('takes from the verification what only the item asks for', () => {
    const run = begin({ ...calm, deps: [[], []], gates: [[pass], [pass, fail]], batchSize: 9 });
    run.override(2);
    const verification = run.load.firstTask[2]!;
    expect(run.load.tasks.slice(verification, run.load.firstProbe).map(({ gate }) => gate.name)).toEqual([
      'g0',
      'g1',
    ]);
    run.turn();
    run.turn([run.gate(0, 'pass')]);
    const merge = run.turn([run.gate(1, 'pass')]);
    expect(merge).toMatchObject({ kind: 'merge', items: [0, 1] });
    const woven = [0, 1].map((item): Result => {
      const tip = { chain: `w${item}`, linear: `w${item}` };
      return { kind: 'merge', item, present: false, durationMs: 0, result: { kind: 'woven', tip } };
    });
    expect(run.turn(woven)).toMatchObject({ kind: 'gates', tasks: [{ task: verification }] });
    expect(run.turn([run.gate(verification, 'pass')])).toMatchObject({ kind: 'land' });
    expect(refusalOf(run.state, 0, 0)).toEqual({ kind: 'too-late' });
  });

  it('is refused where it would change nothing', () => {
    const run = begin({ ...calm, gates: [[pass], [fail], [pass], [pass]], lanes: 1 });
    run.turn();
    run.turn([run.gate(0, 'pass')]);
    expect(refusalOf(run.state, 0, 0)).toEqual({ kind: 'passed' });
    run.override(1);
    expect(refusalOf(run.state, 1, 1)).toMatchObject({ kind: 'overridden', by: { user: 'ann' } });
    const moved = begin(calm, [0]);
    expect(refusalOf(moved.state, 0, 0)).toEqual({ kind: 'other-failure', status: ItemStatus.headMoved });
  });

  const blocking = (world: World) =>
    world.gates.flat().flatMap((gate, task) => (gate.blocking ? [task] : []));
  const asked = worlds.chain((world) =>
    fc.tuple(fc.constant(world), fc.subarray(blocking(world)), fc.integer()),
  );
  const chaos = { kills: true, duplicates: true, losses: true };

  it('leads, whenever it comes, to what would be if the gate had passed', () => {
    fc.assert(
      fc.property(asked, ([drawn, overrides, seed]) => {
        // What verifies is another matter, and so is what an empty item would come to. A conflict is final in a run,
        // also with an item that falls out later for something else: so there is one at most, and no head moves.
        const { clashes } = drawn;
        const plain = { breaks: [], breaksAlone: false, empty: [], moved: [], clashes: clashes.slice(0, 1) };
        const world = { ...drawn, ...plain };
        const actual = runWorld(world, chooser(seed), { ...chaos, overrides });
        expect(actual.violations).toEqual([]);
        let task = 0;
        const gates = world.gates.map((of) =>
          of.map((gate) => (actual.overridden.includes(task++) ? { ...gate, failures: 0 } : gate)),
        );
        const expected = runWorld({ ...world, gates }, () => 0, { kills: false, duplicates: false });
        expect(actual.items).toEqual(expected.items);
        expect(actual.target).toBe(expected.target);
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps every promise, whatever else happens', () => {
    fc.assert(
      fc.property(asked, fc.boolean(), ([world, overrides, seed], failFast) => {
        const { violations, items } = runWorld({ ...world, failFast }, chooser(seed), {
          ...{ ...chaos, stops: true },
          overrides,
        });
        expect(violations).toEqual([]);
        for (const status of items) expect(status).toBeGreaterThanOrEqual(woven);
      }),
      { numRuns: 3000 },
    );
  });
});
