import fc from 'fast-check';
import { asWindow, middle, observe, pool, spread, WINDOW, type Window } from '../../lib/prediction/window';

const time = fc.oneof(fc.nat(10_000_000), fc.double({ min: 0, max: 1e12, noNaN: true }));
const anything = fc.oneof(
  time,
  fc.constantFrom(-1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const windowOf = (times: readonly number[]) => times.reduce<Window>(observe, []);
/** Three digits are kept. */
const about = (ms: number, by = 0.005) => [ms * (1 - by), ms * (1 + by)] as const;

describe('what is remembered of how long a gate takes', () => {
  it('never grows, and is never anything but times', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 40 }), fc.array(anything, { maxLength: 40 }), (a, b) => {
        for (const window of [windowOf(a), pool(windowOf(a), b)]) {
          expect(window.length).toBeLessThanOrEqual(WINDOW);
          expect(JSON.stringify(window).length).toBeLessThan(100);
          if (window.length === 0) continue;
          expect(asWindow(JSON.parse(JSON.stringify(window)))).toEqual(window);
          expect(middle(window)).toBeGreaterThanOrEqual(0);
          expect(middle(window)).toBeLessThanOrEqual(Math.max(...window));
          expect(spread(window) ?? 0).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('is not moved out of what the gate takes by three outliers of seven runs, however large', () => {
    const run = fc.record({ usual: fc.integer({ min: 900, max: 1_100 }), odd: time });
    const odd = fc.uniqueArray(fc.nat(WINDOW - 1), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(run, { minLength: WINDOW, maxLength: WINDOW }), odd, (runs, where) => {
        const window = windowOf(runs.map(({ usual, odd }, k) => (where.includes(k) ? odd : usual)));
        expect(middle(window)).toBeGreaterThanOrEqual(about(900)[0]);
        expect(middle(window)).toBeLessThanOrEqual(about(1_100)[1]);
      }),
    );
  });

  it('follows a gate that has changed after four runs, and knows it alone after seven', () => {
    fc.assert(
      fc.property(fc.array(time, { maxLength: 20 }), fc.integer({ min: 1, max: 1e9 }), (before, now) => {
        const changed = (runs: number) => windowOf([...before, ...Array<number>(runs).fill(now)]);
        const [low, high] = about(now);
        for (const found of [middle(changed(4)), middle(changed(WINDOW))]) {
          expect(found).toBeGreaterThanOrEqual(low);
          expect(found).toBeLessThanOrEqual(high);
        }
        expect(spread(changed(WINDOW))).toBe(0);
      }),
    );
  });

  it('says how far runs differ as a standard deviation would, but only after two of them', () => {
    expect(spread(windowOf([1_000]))).toBeUndefined();
    // Half of all normal values lie within 0.6745 deviations of their middle.
    const [deviation, quantiles] = [100, [-1.4652, -0.7916, -0.3661, 0, 0.3661, 0.7916, 1.4652]];
    const found = spread(windowOf(quantiles.map((z) => 1_000 + deviation * z)))!;
    expect(found).toBeGreaterThan(0.9 * deviation);
    expect(found).toBeLessThan(1.3 * deviation);
  });

  it('holds of a group how far its members differ, and comes to what they take now', () => {
    const times = Array.from({ length: 100 }, (_, k) => 1_000 + 10 * k);
    const once = pool([], times);
    expect(middle(once)).toBeGreaterThan(1_400);
    expect(middle(once)).toBeLessThan(1_600);
    expect(spread(once)).toBeGreaterThan(200);
    const slower = times.map((ms) => 10 * ms);
    const later = Array.from({ length: 6 }).reduce<Window>((window) => pool(window, slower), once);
    expect(middle(later)).toBeGreaterThan(10_000);
  });

  it.each([[[]], [[1, 2, 3, 4, 5, 6, 7, 8]], [[-1]], [['1']], [5], [null], [{ 0: 1 }]])(
    'is not read from what is something else: %j',
    (value) => {
      expect(asWindow(value)).toBeUndefined();
    },
  );
});
