import fc from 'fast-check';
import { probePoints } from '../../lib/run/probe-points';

/** How many rounds it takes to find a boundary, and how many probes. */
function search(between: number, most: number, boundary: number) {
  let [low, high] = [-1, between];
  let rounds = 0;
  let probes = 0;
  while (high - low > 1) {
    const points = probePoints(high - low - 1, most).map((point) => low + 1 + point);
    rounds += 1;
    probes += points.length;
    const broken = points.find((point) => point >= boundary);
    low = points.findLast((point) => point < boundary) ?? low;
    high = broken ?? high;
  }
  return { found: high, rounds, probes };
}

describe('the points of a search', () => {
  const most = fc.integer({ min: 1, max: 9 });

  it('are different places between the ends, in order, no more than may be looked at', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), most, (between, limit) => {
        const points = probePoints(between, limit);
        expect(points).toEqual([...new Set(points)].toSorted((a, b) => a - b));
        expect(points.length).toBeGreaterThan(0);
        expect(points.length).toBeLessThanOrEqual(limit);
        expect(points.every((point) => Number.isInteger(point) && point >= 0 && point < between)).toBe(true);
      }),
    );
  });

  it('find any boundary, in as few rounds as there can be', () => {
    fc.assert(
      fc.property(fc.nat(300), most, fc.nat(300), (between, limit, at) => {
        const boundary = Math.min(at, between);
        const { found, rounds } = search(between, limit, boundary);
        expect(found).toBe(boundary);
        let fewest = 0;
        for (let reach = 1; reach < between + 1; reach *= limit + 1) fewest += 1;
        expect(rounds).toBeLessThanOrEqual(fewest);
      }),
    );
  });

  it('halve what is left where one is looked at at a time', () => {
    for (let boundary = 0; boundary <= 31; boundary++) expect(search(31, 1, boundary).probes).toBe(5);
  });

  it('look no more often than it helps', () => {
    expect(probePoints(1, 7)).toEqual([0]);
    expect(probePoints(7, 7)).toHaveLength(7);
    expect(probePoints(8, 7).length).toBeLessThan(7);
  });
});
