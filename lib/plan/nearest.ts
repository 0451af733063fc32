import { distance } from 'fastest-levenshtein';

/** Finds the candidate that a misspelt name most likely means, if one is close enough. */
export type Nearest = (name: string, candidates: Iterable<string>) => string | undefined;

/**
 * Close enough is an edit distance of half the name, at most 4. All searches together
 * spend a limited effort (about a second), so that a hostile plan cannot buy minutes; then there are no hints.
 */
export function createNearest(effort = 100_000_000): Nearest {
  let left = effort;
  return (name, candidates) => {
    let best: string | undefined;
    let limit = Math.min(4, Math.floor(name.length / 2));
    for (const candidate of candidates) {
      // Distance is at least the difference in length, and costs length × length / 32 steps.
      left -= 10;
      if (Math.abs(candidate.length - name.length) > limit) continue;
      left -= (candidate.length * name.length) / 8;
      if (left < 0) return undefined;
      const found = distance(name, candidate);
      if (found > limit || (found === limit && best !== undefined)) continue;
      best = candidate;
      limit = found;
    }
    return best;
  };
}

/** As a hint: `did you mean "x"?`, or else what to do without a suggestion. */
export function suggest(nearest: string | undefined, otherwise: string): string {
  return nearest === undefined ? otherwise : `did you mean ${JSON.stringify(nearest)}?`;
}
