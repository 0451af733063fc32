/**
 * Picks numbers below n, reproducibly from a seed that fast-check prints.
 * Numerical Recipes' linear congruential generator.
 */
export function chooser(seed: number): (n: number) => number {
  let word = seed;
  return (n) => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    return Math.floor((word / 2 ** 32) * n);
  };
}
