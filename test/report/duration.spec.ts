import fc from 'fast-check';
import { formatDuration } from '../../lib/report/duration';

describe('formatDuration', () => {
  it.each([
    [0, '0ms'],
    [45.4, '45ms'],
    [999.6, '1.0s'],
    [1234, '1.2s'],
    [9960, '10s'],
    [59_600, '1m 00s'],
    [65_000, '1m 05s'],
    [3_599_700, '1h 00m'],
    [7_380_000, '2h 03m'],
  ])('shows %d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it('is short for any time', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e10, noNaN: true }), (ms) => {
        expect(formatDuration(ms)).toMatch(/^(\d{1,3}ms|\d\.\ds|\d\ds|[1-5]?\dm [0-5]\ds|\d+h [0-5]\dm)$/);
      }),
    );
  });
});
