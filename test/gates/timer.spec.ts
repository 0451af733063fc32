import { startTimer } from '../../lib/gates/timer';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

it.each([0, 1000, 2 ** 31 - 1, 2 ** 31, 5 * 2 ** 31 + 7])('fires once after %d ms, and not before', (ms) => {
  const action = jest.fn();
  startTimer(ms, action);
  if (ms > 0) jest.advanceTimersByTime(ms - 1);
  expect(action).not.toHaveBeenCalled();
  jest.advanceTimersByTime(2);
  expect(action).toHaveBeenCalledTimes(1);
  jest.runAllTimers();
  expect(action).toHaveBeenCalledTimes(1);
});

it.each([1000, 5 * 2 ** 31])('never fires once cancelled, and leaves no timer: %d ms', (ms) => {
  const action = jest.fn();
  const cancel = startTimer(ms, action);
  jest.advanceTimersByTime(ms / 2);
  cancel();
  expect(jest.getTimerCount()).toBe(0);
  jest.runAllTimers();
  expect(action).not.toHaveBeenCalled();
});
