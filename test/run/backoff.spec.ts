import type { Result } from '../../lib/run/messages';
import { newState, type RunState } from '../../lib/run/state';
import { nextWake, start, step } from '../../lib/run/step';
import { UNTROUBLED, type World, workloadOf } from './world';

/**
 * A run of items with a gate each, which fails at first, whose lanes are played by hand.
 * @param backoffs of each, in ms
 */
function play(backoffs: readonly number[], engine: World['engine'], lanes: number) {
  const world: World = {
    deps: backoffs.map(() => []),
    gates: backoffs.map(() => [{ failures: 1, blocking: true }]),
    ...UNTROUBLED,
    ...{ maxAttempts: 2, lanes, batchSize: 50, execute: true, engine },
  };
  const plain = workloadOf(world);
  const tasks = plain.tasks.map((task, k) => ({ ...task, backoffMs: backoffs[k] ?? 0 }));
  const load = { ...plain, tasks };
  let state: RunState = start(load, newState(load, lanes, 'base'), [], 0).state;
  const take = (inputs: Parameters<typeof step>[2], now: number) => {
    const taken = step(load, state, inputs, now);
    state = taken.state;
    return taken.answers.map(({ lane, work }) => ({ lane, ...work }));
  };
  return {
    wake: (now: number) => nextWake(load, state, now),
    clock: (now: number) => take([{ kind: 'clock' }], now),
    /** The lane asks for its next work; gates that it holds have failed. */
    turn(lane: number, now = 0) {
      const { work, turn } = state.lanes[lane]!;
      const failed = (work?.kind === 'gates' ? work.tasks : []).map(
        (task): Result => ({ kind: 'gate', ...task, outcome: 'fail', startedAt: now, endedAt: now }),
      );
      return take([{ kind: 'next', lane, generation: 1, turn: turn + 1, results: failed }], now);
    },
  };
}

describe('a backoff', () => {
  it('ends at its moment, and those that end later go on', () => {
    const { turn, clock, wake } = play([5_000, 9_000], 'local', 2);
    expect(wake(0)).toBeUndefined();
    for (const lane of [0, 1]) turn(lane);
    // The later one first.
    turn(1, 0);
    turn(0, 100);
    expect(wake(100)).toBe(5_100);
    expect(clock(5_099)).toEqual([]);
    expect(clock(5_100)).toMatchObject([{ lane: 0, kind: 'gates', tasks: [{ task: 0, attempt: 2 }] }]);
    expect(wake(5_100)).toBe(9_000);
    expect(clock(8_999)).toEqual([]);
    expect(clock(9_000)).toMatchObject([{ lane: 1, kind: 'gates', tasks: [{ task: 1, attempt: 2 }] }]);
  });

  it('is slept through by one lane where lanes keep the time, and by another only if it ends before that', () => {
    const { turn } = play([5_000, 9_000, 1_000], 'aws', 4);
    for (const lane of [0, 1, 2, 3]) turn(lane);
    expect(turn(0, 0)).toEqual([{ lane: 0, kind: 'sleep', until: 5_000 }]);
    expect(turn(1, 10)).toEqual([]);
    // One of those that wait keeps the time.
    expect(turn(2, 20)).toEqual([{ lane: 1, kind: 'sleep', until: 1_020 }]);
  });
});
