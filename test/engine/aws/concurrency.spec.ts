import { concurrency } from '../../../lib/engine/aws/concurrency';
import type { RunEvent } from '../../../lib/run/messages';

const gate = (startedAt: number, endedAt: number, cached = false): RunEvent => ({
  event: 'result',
  kind: 'gate',
  lane: 0,
  round: 1,
  task: 0,
  attempt: 1,
  outcome: 'pass',
  startedAt,
  endedAt,
  cached,
});

describe('how many gates ran at once', () => {
  it('counts those that overlap', () => {
    expect(Math.max(...concurrency([gate(0, 10), gate(5, 15), gate(12, 20)]))).toBe(2);
  });

  it('does not count one that begins when another ends', () => {
    expect(concurrency([gate(0, 10), gate(10, 20)])).toEqual([1, 0, 1, 0]);
  });

  it('does not count what came from the cache, or did not run', () => {
    expect(concurrency([gate(0, 10, true), gate(5, 5)])).toEqual([]);
  });
});
