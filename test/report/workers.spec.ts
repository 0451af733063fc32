import { reportWorkers } from '../../lib/report/workers';
import type { RunEvent } from '../../lib/run/messages';

const limit = (at: number, to: number): RunEvent => ({ event: 'limit', limit: to, why: `why ${to}`, at });

describe('the workers of a report', () => {
  it('are those that the load allowed, over the time of the run', () => {
    const events: RunEvent[] = [
      limit(1_000, 2),
      { event: 'phase', phase: 'verify', round: 1, base: 'b', at: 1_500 },
      limit(2_000, 8),
      limit(5_000, 4),
    ];
    expect(reportWorkers(events, 9_000)).toEqual({
      mode: 'auto',
      min: 2,
      max: 8,
      mean: (2 * 1 + 8 * 3 + 4 * 4) / 8,
      changes: 2,
      last: [
        { at: '1970-01-01T00:00:01.000Z', limit: 2, why: 'why 2' },
        { at: '1970-01-01T00:00:02.000Z', limit: 8, why: 'why 8' },
        { at: '1970-01-01T00:00:05.000Z', limit: 4, why: 'why 4' },
      ],
    });
  });

  it('begin anew with each process, and are not all listed', () => {
    const many = Array.from({ length: 250 }, (_, k) => limit(k, 1 + (k % 2)));
    expect(reportWorkers(many, 250)).toMatchObject({ changes: 249, mean: 1.5, last: { length: 100 } });
    expect(reportWorkers([limit(0, 2), limit(7, 2)], 9)).toMatchObject({ changes: 0, mean: 2 });
    expect(reportWorkers([limit(5, 3)], 5)).toMatchObject({ mean: 3 });
    expect(reportWorkers([], 5)).toBeUndefined();
  });
});
