import fc from 'fast-check';
import { cronProblem, type FreezeWindow, frozenUntil } from '../../lib/plan/freeze';

const at = (text: string) => Date.parse(text);
const until = (windows: readonly FreezeWindow[], text: string) => {
  const frozen = frozenUntil(windows, at(text));
  return frozen && new Date(frozen.until).toISOString();
};

describe('a freeze', () => {
  const christmas = {
    from: '2026-12-24T12:00:00+01:00',
    to: '2027-01-02T06:00:00+01:00',
    reason: 'Christmas',
  };
  const weekend = { cron: '0 16 * * FRI', durationMinutes: 60, timeZone: 'Europe/Berlin' };

  it('by dates lasts from the first moment up to the last', () => {
    expect(until([christmas], '2026-12-24T10:59:59.999Z')).toBeUndefined();
    expect(until([christmas], '2026-12-24T11:00:00Z')).toBe('2027-01-02T05:00:00.000Z');
    expect(until([christmas], '2027-01-02T04:59:59.999Z')).toBe('2027-01-02T05:00:00.000Z');
    expect(until([christmas], '2027-01-02T05:00:00Z')).toBeUndefined();
    expect(frozenUntil([christmas], at('2026-12-25T00:00:00Z'))?.reason).toBe('Christmas');
  });

  it('by cron comes again, at the time of its zone, in summer and in winter', () => {
    expect(until([weekend], '2026-11-27T14:59:59Z')).toBeUndefined();
    expect(until([weekend], '2026-11-27T15:00:00Z')).toBe('2026-11-27T16:00:00.000Z');
    expect(until([weekend], '2026-11-27T15:59:59Z')).toBe('2026-11-27T16:00:00.000Z');
    expect(until([weekend], '2026-11-27T16:00:00Z')).toBeUndefined();
    expect(until([weekend], '2026-07-03T14:30:00Z')).toBe('2026-07-03T15:00:00.000Z');
  });

  it('lasts through windows that follow without a gap', () => {
    const next = { from: '2026-11-27T16:00:00Z', to: '2026-11-27T18:00:00Z' };
    expect(until([next, weekend], '2026-11-27T15:30:00Z')).toBe('2026-11-27T18:00:00.000Z');
  });

  it.each(['0 16 * *', '0 0 16 * * FRI', '@weekly', '0 16 * * FRIDAY', '61 16 * * FRI'])(
    'by cron says of %p what is wanted in place of it: five fields',
    (cron) => {
      const problem = cronProblem({ cron, timeZone: 'UTC', durationMinutes: 1 });
      expect(problem).toMatchObject({
        field: 'cron',
        message: expect.stringMatching(/five fields.* "0 16 \* \* FRI"$/),
      });
      expect(problem!.message).not.toMatch(/six|5-part/);
    },
  );

  it('without an end is looked at again later', () => {
    const always = { cron: '* * * * *', durationMinutes: 2, timeZone: 'UTC' };
    expect(frozenUntil([always], 0)!.until).toBeGreaterThan(0);
  });

  it('ends at a time at which nothing is frozen, and holds at every time before that', () => {
    const window = fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 50 })).map(([from, length]) => ({
      from: new Date(from * 1000).toISOString(),
      to: new Date((from + length) * 1000).toISOString(),
    }));
    fc.assert(
      fc.property(fc.array(window, { maxLength: 6 }), fc.nat(160), (windows, second) => {
        const now = second * 1000;
        const isOpen = (time: number) =>
          windows.some(({ from, to }) => Date.parse(from) <= time && time < Date.parse(to));
        const frozen = frozenUntil(windows, now);
        expect(frozen !== undefined).toBe(isOpen(now));
        if (frozen === undefined) return;
        expect(isOpen(frozen.until)).toBe(false);
        for (let time = now; time < frozen.until; time += 1000) expect(isOpen(time)).toBe(true);
      }),
    );
  });
});
