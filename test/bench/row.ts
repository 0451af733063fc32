/** One figure of a benchmark, beside what it is measured against. */
export interface Row {
  readonly name: string;
  /** The median of the runs. */
  readonly value: number;
  readonly unit: string;
  /** The figure it is compared with, in the same unit; null where there is none. */
  readonly peer: number | null;
  /** In words: `≤ 150 ms`. */
  readonly target: string;
  readonly ok: boolean;
  /** Every measured value. */
  readonly runs: readonly number[];
}

export interface Bench {
  readonly name: string;
  /** What is measured, and against what, in a sentence. */
  readonly about: string;
  measure(runs: number, note: (text: string) => void): Promise<readonly Row[]>;
}

/** The middle value; of an even number of values the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

export function atMost(
  name: string,
  unit: string,
  runs: readonly number[],
  limit: number,
  peer: number | null = limit,
): Row {
  const value = round(median(runs));
  return { name, value, unit, peer, target: `≤ ${limit} ${unit}`, ok: value <= limit, runs: runs.map(round) };
}

export function moreThan(name: string, unit: string, runs: readonly number[], limit: number): Row {
  const value = round(median(runs));
  return {
    name,
    value,
    unit,
    peer: limit,
    target: `> ${limit} ${unit}`,
    ok: value > limit,
    runs: runs.map(round),
  };
}

const round = (value: number) => Math.round(value * 100) / 100;
