/**
 * What a gate took in its last runs, in milliseconds, oldest first: at most seven values of three digits, so that an
 * entry of the cache never grows. Its middle is the median, its spread the median absolute deviation: up to three of
 * seven values may be anything without moving them out of what the others say (Hampel 1974), and four runs are enough to
 * follow a gate that has changed. What was seen can be drawn from again (`predict`), which no running mean allows.
 */
export type Window = readonly number[];

export const WINDOW = 7;

/** Makes the median absolute deviation of normal values their standard deviation: 1 ÷ Φ⁻¹(3/4). */
const NORMAL = 1.4826;

/** The window after one more run; a time that cannot be (negative, not a number) changes nothing. */
export function observe(window: Window, ms: number): Window {
  return isTime(ms) ? [...window, threeDigits(ms)].slice(-WINDOW) : window;
}

/**
 * The window of a group after a run that saw all these times of its members: evenly spaced quantiles of both, so that
 * it tells how far the members differ. A run weighs as much as all runs before it, or less where it saw less.
 */
export function pool(window: Window, times: readonly number[]): Window {
  return quantiles([...window, ...quantiles(times.filter(isTime).map(threeDigits))]);
}

/** As many evenly spaced quantiles as a window holds; all values where there are no more. Ascending. */
function quantiles(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length <= WINDOW) return sorted;
  return Array.from({ length: WINDOW }, (_, k) => sorted[Math.floor(((k + 0.5) * sorted.length) / WINDOW)]!);
}

/** The median, in milliseconds. @param values at least one */
export function middle(values: Window): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** A standard deviation, from the median absolute deviation, in milliseconds; undefined after one run. */
export function spread(window: Window): number | undefined {
  if (window.length < 2) return undefined;
  const centre = middle(window);
  return NORMAL * middle(window.map((ms) => Math.abs(ms - centre)));
}

/** What a store holds as a window; undefined where that is something else. */
export function asWindow(value: unknown): Window | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > WINDOW) return undefined;
  return value.every(isTime) ? value : undefined;
}

const isTime = (ms: unknown): ms is number => typeof ms === 'number' && ms >= 0 && Number.isFinite(ms);

const threeDigits = (ms: number) => Number(ms.toPrecision(3));
