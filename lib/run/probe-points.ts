/**
 * Where to look in a search among ordered places of which each is on one side of a single boundary: bisection, or
 * with more than one probe at a time its generalisation to as many equal parts as that makes.
 * @param between how many places are undecided
 * @param most how many can be looked at in one round, from 1
 * @returns indices below `between`, ascending; no more than are needed for the fewest rounds
 */
export function probePoints(between: number, most: number): number[] {
  const intervals = between + 1;
  const fewest = rounds(intervals, most);
  let count = Math.min(most, between);
  while (count > 1 && rounds(intervals, count - 1) === fewest) count -= 1;
  return Array.from(
    { length: count },
    (_, k) => Math.floor(((k + 1) * intervals + count) / (count + 1)) - 1,
  ).map((point, k, points) =>
    Math.min(between - count + k, Math.max(point, k === 0 ? 0 : points[k - 1]! + 1)),
  );
}

/** Rounds until one of so many intervals is left, with so many probes a round. */
function rounds(intervals: number, probes: number): number {
  let count = 0;
  for (let left = intervals; left > 1; left = Math.ceil(left / (probes + 1))) count += 1;
  return count;
}
