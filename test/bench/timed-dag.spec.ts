import { levelByLevel, lowerBound, timedDag } from './timed-dag';

describe('graphs of timed gates', () => {
  it('are the same for a seed, layered, and uneven', () => {
    const items = timedDag(6, 12, 0.25, 4);
    expect(timedDag(6, 12, 0.25, 4)).toEqual(items);
    expect(timedDag(6, 12, 0.25, 5)).not.toEqual(items);
    const place = new Map(items.map(({ name }, k) => [name, k]));
    items.forEach(({ deps }, k) => {
      const layer = Math.floor(k / 12);
      expect(deps.map((dep) => Math.floor(place.get(dep)! / 12))).toEqual(deps.map(() => layer - 1));
      expect(deps.length).toBeGreaterThanOrEqual(Math.min(layer, 1));
    });
    const seconds = items.map((item) => item.seconds).sort((a, b) => a - b);
    expect(seconds.at(-1)! / seconds[36]!).toBeGreaterThan(4);
  });

  const items = [
    { name: 'a', deps: [], seconds: 1 },
    { name: 'b', deps: [], seconds: 2 },
    { name: 'c', deps: ['a'], seconds: 3 },
    { name: 'd', deps: ['c'], seconds: 1 },
  ];

  it('take no less than the longest chain, and no less than all work on all workers', () => {
    expect(lowerBound(items, 2)).toBe(5);
    expect(lowerBound(items, 1)).toBe(7);
    expect(lowerBound([], 1)).toBe(0);
  });

  it('have barriers where each level waits for all of the one before', () => {
    expect(levelByLevel(items).map(({ deps }) => deps)).toEqual([[], [], ['a', 'b'], ['c']]);
  });
});
