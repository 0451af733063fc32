import { decodeState, encodeState } from '../../lib/run/codec';
import { newState, type RunState, TaskStatus } from '../../lib/run/state';
import { start } from '../../lib/run/step';
import { UNTROUBLED, workloadOf } from './world';

const gate = { failures: 0, blocking: true };
const load = workloadOf({
  ...UNTROUBLED,
  ...{ deps: [[], [0], [0]], gates: [[gate, gate], [gate], []], lanes: 2, batchSize: 5 },
  ...{ execute: true, engine: 'aws' },
});

/** A run in which one gate has passed, one has failed, one waits for its third attempt and one is skipped. */
function midway(): RunState {
  const { state } = start(load, newState(load, 2, 'base'), [], 0);
  const { passed, failed, ready, skipped } = TaskStatus;
  [passed, failed, ready, skipped].forEach((status, task) => {
    state.tasks[task] = status;
    state.attempts[task] = [1, 1, 2, 0][task]!;
  });
  state.measured[0] = { count: 2, ms: 500 };
  return state;
}

describe('a state as text', () => {
  it('has all attempts again, and says those that are as usual by their status alone', () => {
    const state = midway();
    const text = encodeState(state);
    expect(JSON.parse(text).attempts).toEqual([[2, 2]]);
    const { attempts, tasks, measured } = decodeState(load, text);
    expect([attempts, tasks, measured]).toEqual([state.attempts, state.tasks, state.measured]);
  });

  it('is read also as the version before has written it', () => {
    const state = midway();
    const { measured: _, ...stored } = JSON.parse(encodeState(state));
    const old = {
      ...stored,
      format: 1,
      attempts: [...state.attempts.entries()].filter(([, count]) => count > 0),
    };
    const read = decodeState(load, JSON.stringify(old));
    expect([read.attempts, read.tasks, read.measured]).toEqual([state.attempts, state.tasks, []]);
  });

  it('of a version to come is refused', () => {
    const text = encodeState(midway()).replace('"format":2', '"format":3');
    expect(() => decodeState(load, text)).toThrow('format 3; this version reads formats 1 to 2');
  });
});
