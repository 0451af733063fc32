import type { ProgressEvent, ProgressView } from '../../lib/cli/progress/progress';
import { trackProgress } from '../../lib/cli/tracker';
import { orderPlan } from '../../lib/plan/order';
import type { GateResult, Result, RunEvent } from '../../lib/run/messages';
import { newState, type RunState } from '../../lib/run/state';
import { start, step } from '../../lib/run/step';
import { UNTROUBLED, type World, workloadOf } from '../run/world';

/** i1 after i0; i2 alone, with an optional gate beside its own; i3 after i2. */
const WORLD: World = {
  deps: [[], [0], [], [2]],
  gates: [
    [{ failures: 0, blocking: true }],
    [{ failures: 0, blocking: true }],
    [
      { failures: 0, blocking: true },
      { failures: 0, blocking: false },
    ],
    [{ failures: 0, blocking: true }],
  ],
  ...UNTROUBLED,
  lanes: 2,
  batchSize: 50,
  execute: false,
  engine: 'local' as const,
};

/** A run that is tracked, in which the test plays both lanes. */
function track() {
  const load = workloadOf(WORLD);
  const items = WORLD.deps.map((deps, item) => ({
    name: `i${item}`,
    branch: `i${item}`,
    branchGiven: false,
    sha: undefined,
    deps: deps.map((dep) => `i${dep}`),
    gates: [],
  }));
  const events: ProgressEvent[] = [];
  const views: ProgressView[] = [];
  const sink = {
    event: (event: ProgressEvent) => void events.push(event),
    update: (view: ProgressView) => void views.push(view),
    write() {},
    end() {},
  };
  const tell = trackProgress(load, orderPlan({ items }), 1000, sink);
  let state: RunState = start(load, newState(load, WORLD.lanes, 'base'), [], 1000).state;
  const turns = [0, 0];
  return {
    events,
    /** Told all at once, as to who comes later. */
    tell: (...told: readonly RunEvent[]) => tell(told, state),
    view: () => views.at(-1)!,
    /** A lane's turn, at a time in ms. */
    turn(lane: number, at: number, result?: GateResult['outcome'], more: Partial<GateResult> = {}) {
      const { work } = state.lanes[lane]!;
      const results: Result[] =
        result !== undefined && work?.kind === 'gates'
          ? [{ kind: 'gate', ...work.tasks[0]!, outcome: result, startedAt: at - 500, endedAt: at, ...more }]
          : [];
      turns[lane]! += 1;
      const input = {
        kind: 'next',
        lane,
        generation: state.generation,
        turn: turns[lane]!,
        results,
      } as const;
      const taken = step(load, state, [input], at);
      state = taken.state;
      jest.setSystemTime(at);
      tell(taken.events, state);
    },
  };
}

describe('trackProgress', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 1000 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('shows what each lane does, and since when', () => {
    const run = track();
    run.turn(0, 1000);
    expect(run.view()).toEqual({
      phase: 'gates',
      startedAt: 1000,
      now: 1000,
      items: { total: 4, passed: 0, failed: 0, blocked: 0, running: 1, waiting: 3 },
      gates: { total: 6, done: 0, running: 1, cached: 0 },
      lanes: [{ item: 'i0', gate: 'g0', since: 1000 }, null],
      timeLeftMs: undefined,
    });
    run.turn(1, 1200);
    expect(run.view().lanes).toEqual([
      { item: 'i0', gate: 'g0', since: 1000 },
      { item: 'i2', gate: 'g0', since: 1200 },
    ]);
    expect(run.events).toEqual([
      { kind: 'gate-start', item: 'i0', gate: 'g0', attempt: 1, lane: 0, active: 1 },
      { kind: 'gate-start', item: 'i2', gate: 'g0', attempt: 1, lane: 1, active: 2 },
    ]);
  });

  it('does not count a gate twice that another lane was given after a take-over', () => {
    const run = track();
    const began = { event: 'start', task: 0, attempt: 1, at: 1000 } as const;
    run.tell({ ...began, lane: 1 }, { ...began, lane: 0 });
    expect(run.events).toMatchObject([
      { lane: 1, active: 1 },
      { lane: 0, active: 1 },
    ]);
  });

  it('tells how a gate ended, and estimates what is left from it', () => {
    const run = track();
    run.turn(0, 1000);
    run.turn(1, 1000);
    run.turn(0, 1500, 'pass');
    expect(run.events).toContainEqual({
      kind: 'gate-end',
      item: 'i0',
      gate: 'g0',
      status: 'pass',
      ms: 500,
      cached: false,
      attempt: 1,
      lane: 0,
      active: 1,
    });
    expect(run.view()).toMatchObject({
      items: { total: 4, passed: 1, failed: 0, blocked: 0, running: 2, waiting: 1 },
      gates: { total: 6, done: 1, running: 2, cached: 0 },
    });
    // Of gates of 500 ms each i2 has had its time, i3 comes after it.
    expect(run.view().timeLeftMs).toBeGreaterThanOrEqual(500);
  });

  it('counts what failed and what that blocks, each with its reason', () => {
    const run = track();
    run.turn(0, 1000);
    run.turn(1, 1000);
    run.turn(1, 1500, 'fail');
    expect(run.events.filter(({ kind }) => kind === 'item-end')).toEqual([
      { kind: 'item-end', item: 'i2', status: 'failed', reason: null },
      { kind: 'item-end', item: 'i3', status: 'blocked', reason: null },
    ]);
    expect(run.view().items).toMatchObject({ failed: 1, blocked: 1 });
  });

  it('counts a result from the cache, which tells nothing of how long gates take', () => {
    const run = track();
    run.turn(0, 1000);
    run.turn(0, 1001, 'pass', { cached: true });
    expect(run.view().gates).toMatchObject({ done: 1, cached: 1 });
    expect(run.view().timeLeftMs).toBeUndefined();
  });

  it('tells a gate that was not needed from one that ran', () => {
    const run = track();
    run.turn(0, 1000);
    run.turn(0, 1001, 'conflict', { at: 0, paths: ['f'] });
    expect(run.events).toContainEqual(expect.objectContaining({ kind: 'gate-end', status: 'skipped' }));
    expect(run.events).toContainEqual({ kind: 'item-end', item: 'i0', status: 'failed', reason: 'conflict' });
  });
});
