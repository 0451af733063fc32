/** What a run knows about its gates while it goes on. Times in ms. */
export interface Remaining {
  /** Gates that were executed and have ended, by gate name. Results from the cache do not count. */
  readonly finished: ReadonlyMap<string, { readonly count: number; readonly totalMs: number }>;
  /** How many gates have not started, by gate name. */
  readonly waiting: ReadonlyMap<string, number>;
  /** Gates that run now, and for how long. */
  readonly running: readonly { readonly gate: string; readonly elapsedMs: number }[];
  readonly lanes: number;
  /** The most gates that have not started and must run one after another. */
  readonly longestChain: number;
}

/**
 * How long the gates will still take: the larger of the work divided by the lanes and the longest chain, the
 * two lower bounds of any schedule (Graham). A gate takes the mean of its name so far, else that of all.
 * @returns ms, or undefined until a gate has ended
 */
export function timeLeft({ finished, waiting, running, lanes, longestChain }: Remaining): number | undefined {
  const ended = [...finished.values()];
  const count = ended.reduce((sum, gate) => sum + gate.count, 0);
  if (count === 0) return undefined;
  const overall = ended.reduce((sum, gate) => sum + gate.totalMs, 0) / count;
  const expected = (gate: string) => {
    const of = finished.get(gate);
    return of === undefined || of.count === 0 ? overall : of.totalMs / of.count;
  };
  const inHand = running.map(({ gate, elapsedMs }) => Math.max(0, expected(gate) - elapsedMs));
  const toStart = [...waiting].reduce((sum, [gate, gates]) => sum + gates * expected(gate), 0);
  const work = toStart + inHand.reduce((sum, ms) => sum + ms, 0);
  return Math.max(work / Math.max(1, lanes), longestChain * overall, ...inHand);
}
