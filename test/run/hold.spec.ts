import { heldBy } from '../../lib/run/hold';
import type { Result, RunEvent } from '../../lib/run/messages';
import { ItemStatus, newState } from '../../lib/run/state';
import { nextWake, pauseRun, type Step, start, step } from '../../lib/run/step';
import { createWorkload } from '../../lib/run/workload';
import { planOf, UNTROUBLED, type World } from './world';

const world: World = {
  deps: [[]],
  gates: [[]],
  ...UNTROUBLED,
  lanes: 1,
  batchSize: 50,
  execute: true,
  engine: 'local',
};
const at = (time: string) => Date.parse(`2026-01-01T${time}Z`);
const FREEZE = [
  { from: '2026-01-01T10:00:00Z', to: '2026-01-01T11:00:00Z', reason: 'release' },
  { from: '2026-01-01T11:00:00Z', to: '2026-01-01T12:00:00Z', reason: 'audit' },
];

/** A run of one item on one lane, woven and about to land at a time. */
function woven(now: number, freeze = FREEZE) {
  const { ordered, policy } = planOf(world);
  const load = createWorkload(
    ordered,
    { ...policy, freeze, integration: { kind: 'none' } },
    {
      execute: true,
      gatesOnly: false,
      engine: 'local',
    },
  );
  const events: RunEvent[] = [];
  let state = start(load, newState(load, 1, 'base'), [], now).state;
  const take = (taken: Step) => {
    state = taken.state;
    events.push(...taken.events);
    return taken.answers[0]?.work.kind;
  };
  const turn = (results: Result[], time = now) =>
    take(
      step(
        load,
        state,
        [{ kind: 'next', lane: 0, generation: 1, turn: state.lanes[0]!.turn + 1, results }],
        time,
      ),
    );
  const tip = { chain: 'woven', linear: 'woven', tree: 'tree' };
  const merged = {
    kind: 'merge',
    item: 0,
    present: false,
    durationMs: 0,
    result: { kind: 'woven', tip },
  } as const;
  expect(turn([])).toBe('merge');
  return {
    load,
    events: () => events.filter(({ event }) => event === 'hold' || event === 'pause' || event === 'unpause'),
    state: () => state,
    held: (time: number) => heldBy(load, state, time),
    wake: (time: number) => nextWake(load, state, time),
    lands: (time = now) => turn([merged], time),
    clock: (time: number) => take(step(load, state, [{ kind: 'clock' }], time)),
    pause: (why: string | undefined, time = now) =>
      take(pauseRun(load, state, why === undefined ? undefined : { why }, time)),
    stop: () => take(step(load, state, [{ kind: 'stop', status: ItemStatus.cancelled, why: 'enough' }], now)),
  };
}

describe('a landing', () => {
  it('is handed out where nothing holds it', () => {
    const run = woven(at('09:59:59'));
    expect(run.held(at('09:59:59'))).toBeUndefined();
    expect(run.lands()).toBe('land');
    expect(run.events()).toEqual([]);
  });

  it('waits out windows that follow one another, and says each of them once', () => {
    const run = woven(at('10:00:00'));
    expect(run.lands()).toBeUndefined();
    expect(run.held(at('10:30:00'))).toEqual({ until: at('12:00:00'), why: expect.any(String) });
    expect(run.wake(at('10:30:00'))).toBe(at('12:00:00'));
    expect(run.clock(at('10:30:00'))).toBeUndefined();
    expect(run.clock(at('11:59:59'))).toBeUndefined();
    expect(run.events()).toMatchObject([
      { event: 'hold', until: at('12:00:00'), why: 'release' },
      { event: 'hold', until: at('12:00:00'), why: 'audit' },
    ]);
    expect(run.clock(at('12:00:00'))).toBe('land');
    expect(run.held(at('10:30:00'))).toBeUndefined();
  });

  it('waits for the end of a pause, which comes before any window', () => {
    const run = woven(at('10:00:00'));
    run.pause('tester paused it: stop');
    expect(run.lands()).toBeUndefined();
    expect(run.held(at('10:00:00'))).toEqual({ until: undefined, why: 'tester paused it: stop' });
    expect(run.wake(at('10:00:00'))).toBeUndefined();
    expect(run.clock(at('13:00:00'))).toBeUndefined();
    run.pause(undefined, at('13:00:00'));
    expect(run.clock(at('13:00:00'))).toBe('land');
    expect(run.events()).toMatchObject([
      { event: 'pause', why: 'tester paused it: stop' },
      { event: 'hold', until: null, why: 'tester paused it: stop' },
      { event: 'unpause' },
    ]);
  });

  it('tells of what holds it after a pause has ended within a window', () => {
    const run = woven(at('10:00:00'));
    run.pause('first');
    run.lands();
    run.pause(undefined);
    expect(run.events().at(-1)).toMatchObject({ event: 'hold', until: at('12:00:00') });
    run.pause('first');
    expect(run.events().at(-1)).toMatchObject({ event: 'hold', until: null, why: 'first' });
  });

  it('is no longer held once it is on its way, or the run is stopped', () => {
    const onItsWay = woven(at('09:00:00'));
    expect(onItsWay.lands()).toBe('land');
    onItsWay.pause('too late', at('09:00:01'));
    expect(onItsWay.held(at('10:30:00'))).toBeUndefined();

    const stopped = woven(at('10:00:00'));
    expect(stopped.lands()).toBeUndefined();
    // It is handed out to be refused: that one that was sent before may have been faster is looked at there.
    expect(stopped.stop()).toBe('land');
    expect(stopped.held(at('10:30:00'))).toBeUndefined();
    expect(stopped.state().stopping).toBe(ItemStatus.cancelled);
  });
});
