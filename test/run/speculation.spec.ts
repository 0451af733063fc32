import fc from 'fast-check';
import { wastedLanes } from '../../lib/run/speculation';
import { ItemStatus, newState, type RunState } from '../../lib/run/state';
import { start, step } from '../../lib/run/step';
import { runWorld, UNTROUBLED, type World, workloadOf, worlds } from './world';

const gate = { failures: 0, blocking: true };
const chain = (length: number, lanes: number): World => ({
  deps: Array.from({ length }, (_, item) => (item === 0 ? [] : [item - 1])),
  gates: Array.from({ length }, () => [gate]),
  ...UNTROUBLED,
  lanes,
  batchSize: 50,
  execute: true,
  engine: 'local',
  speculation: 'deps',
});

/** A run whose lanes are played by hand. */
function play(world: World) {
  const load = workloadOf(world);
  let state: RunState = start(load, newState(load, world.lanes, 'base'), [], 0).state;
  const call = (lane: number, outcome?: 'pass' | 'fail' | 'empty') => {
    const { work, turn } = state.lanes[lane]!;
    const tasks = work?.kind === 'gates' && outcome !== undefined ? work.tasks : [];
    const results = tasks.map(
      (task) => ({ kind: 'gate', ...task, outcome, startedAt: 0, endedAt: 0 }) as never,
    );
    const taken = step(load, state, [{ kind: 'next', lane, generation: 1, turn: turn + 1, results }], 0);
    state = taken.state;
  };
  const held = () =>
    state.lanes.map(({ work }) => (work?.kind === 'gates' ? load.tasks[work.tasks[0]!.task]!.item : null));
  const takeOver = (by: number) => {
    state = step(load, state, [{ kind: 'takeover', lanes: by }], 0).state;
  };
  return { load, call, held, takeOver, state: () => state };
}

describe('speculation', () => {
  it('starts the gates of items that wait, in line, on lanes that would be idle', () => {
    const { call, held } = play(chain(5, 3));
    for (const lane of [0, 1, 2]) call(lane);
    expect(held()).toEqual([0, 1, 2]);
  });

  it('is off unless the policy says so', () => {
    const { call, held } = play({ ...chain(5, 3), speculation: 'off' });
    for (const lane of [0, 1, 2]) call(lane);
    expect(held()).toEqual([0, null, null]);
  });

  it('lets an item pass at once whose gates have run ahead when those before it have passed', () => {
    const { call, state } = play(chain(3, 3));
    for (const lane of [0, 1, 2]) call(lane);
    call(2, 'pass');
    call(1, 'empty');
    expect([...state().items]).toEqual([ItemStatus.open, ItemStatus.waiting, ItemStatus.waiting]);
    call(0, 'pass');
    expect([...state().items].every((status) => status >= ItemStatus.passed)).toBe(true);
  });

  it('tells which lanes hold gates of what is blocked, to be stopped', () => {
    const { call, state, load } = play(chain(5, 3));
    for (const lane of [0, 1, 2]) call(lane);
    expect(wastedLanes(load, state())).toEqual([]);
    call(0, 'fail');
    expect(wastedLanes(load, state())).toEqual([1, 2]);
    call(1);
    call(2);
    expect(state().phase).toBe('done');
    expect(state().unfinishedTasks).toBe(0);
  });

  it('halves its window with a failure, and widens it by one with a success, within the lanes', () => {
    const world = chain(40, 8);
    const { call, state, held } = play({
      ...world,
      deps: world.deps.map((_, k) => (k % 20 === 0 ? [] : [k - 1])),
    });
    for (let lane = 0; lane < 8; lane++) call(lane);
    expect(state().window).toBe(8);
    // Both roots are held by somebody.
    call(held().indexOf(0), 'fail');
    expect(state().window).toBe(4);
    call(held().indexOf(20), 'pass');
    expect(state().window).toBe(5);
    for (let lane = 0; lane < 8; lane++) call(lane);
    const ahead = held().filter((item) => item !== null && state().items[item] === ItemStatus.waiting);
    expect(ahead.length).toBeLessThanOrEqual(5);
  });

  it('counts in its window only gates that run ahead, not those of open or of blocked items', () => {
    const world = chain(40, 4);
    const { call, state, held, takeOver } = play({
      ...world,
      deps: world.deps.map((_, k) => (k % 20 === 0 ? [] : [k - 1])),
    });
    for (let lane = 0; lane < 4; lane++) call(lane);
    call(held().indexOf(0), 'fail');
    expect(state().window).toBe(2);
    const ahead = held().filter((item) => item !== null && state().items[item] === ItemStatus.waiting);
    expect(ahead).toHaveLength(2);
    // Whoever goes on with the run has learnt that, but may have fewer lanes.
    takeOver(4);
    expect(state().window).toBe(2);
    takeOver(1);
    expect(state().window).toBe(1);
  });

  it('holds to its window also where many lanes ask at once', () => {
    const world = chain(40, 6);
    const load = workloadOf(world);
    const begun = start(load, newState(load, 6, 'base'), [], 0).state;
    const calls = begun.lanes.map(
      (_, lane) => ({ kind: 'next', lane, generation: 1, turn: 1, results: [] }) as const,
    );
    const { answers } = step(load, { ...begun, window: 2 }, calls, 0);
    // The first item, and two that run ahead of it.
    expect(answers.map(({ work }) => work.kind)).toEqual(['gates', 'gates', 'gates']);
  });

  it('starts nothing more of an item that adds nothing, though it still waits', () => {
    const { call, state, held } = play({ ...chain(2, 2), gates: [[gate], [gate, gate]] });
    for (const lane of [0, 1]) call(lane);
    expect(held()).toEqual([0, 1]);
    call(1, 'empty');
    expect(held()).toEqual([0, null]);
    expect(state().items[1]).toBe(ItemStatus.waiting);
  });

  it('comes to the same end as a run without it', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const quiet = { kills: false, duplicates: false };
        const without = runWorld({ ...world, speculation: 'off' }, () => 0, quiet);
        const ahead = runWorld({ ...world, speculation: 'deps' }, () => 0, quiet);
        expect(ahead.violations).toEqual([]);
        expect(ahead.items).toEqual(without.items);
        expect(ahead.target).toBe(without.target);
      }),
      { numRuns: 1000 },
    );
  });
});
