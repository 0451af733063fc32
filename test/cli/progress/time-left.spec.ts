import fc from 'fast-check';
import { timeLeft } from '../../../lib/cli/progress/time-left';

const base = { finished: new Map(), waiting: new Map(), running: [], lanes: 2, longestChain: 0 };
const finished = new Map([
  ['test', { count: 2, totalMs: 20_000 }],
  ['lint', { count: 2, totalMs: 2000 }],
]);

describe('timeLeft', () => {
  it('is not known before a gate has ended', () => {
    expect(timeLeft({ ...base, waiting: new Map([['test', 5]]), longestChain: 3 })).toBeUndefined();
  });

  it('shares the work among the lanes, each gate by the mean of its name', () => {
    const waiting = new Map([
      ['test', 4],
      ['lint', 2],
    ]);
    expect(timeLeft({ ...base, finished, waiting })).toBe((4 * 10_000 + 2 * 1000) / 2);
  });

  it('takes the mean of all for a gate that has not been seen', () => {
    expect(timeLeft({ ...base, finished, waiting: new Map([['deploy', 2]]) })).toBe(5500);
  });

  it('is never less than the longest chain takes, however many lanes there are', () => {
    const waiting = new Map([['test', 4]]);
    expect(timeLeft({ ...base, finished, waiting, lanes: 16, longestChain: 4 })).toBe(4 * 5500);
  });

  it('counts what a running gate still has to go, and nothing for one that is overdue', () => {
    const running = [{ gate: 'test', elapsedMs: 4000 }];
    expect(timeLeft({ ...base, finished, running })).toBe(6000);
    expect(timeLeft({ ...base, finished, running: [{ gate: 'test', elapsedMs: 99_000 }] })).toBe(0);
  });

  it('never grows with more lanes and never is negative', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.nat(10),
        fc.integer({ min: 1, max: 64 }),
        fc.array(fc.record({ gate: fc.constantFrom('test', 'x'), elapsedMs: fc.nat(60_000) })),
        (gates, longestChain, lanes, running) => {
          const known = { finished, waiting: new Map([['test', gates]]), running, longestChain };
          const left = timeLeft({ ...known, lanes })!;
          expect(left).toBeGreaterThanOrEqual(0);
          expect(timeLeft({ ...known, lanes: lanes + 1 })!).toBeLessThanOrEqual(left);
        },
      ),
    );
  });
});
