/** What a figure is compared with. */
export type Peer =
  | {
      readonly name: string;
      /** Its figure, and ours beside it: medians, in `unit`. */
      readonly value: number;
      readonly own: number;
      readonly unit: string;
    }
  | {
      readonly name: string;
      /** Why it could not be measured, and what to do about it. */
      readonly missing: string;
    };

/** One figure of a benchmark, beside what it is measured against. */
export interface Row {
  readonly name: string;
  /** The median of the runs; null where nothing could be measured. */
  readonly value: number | null;
  /** `×` for a ratio of ours to the peer's. */
  readonly unit: string;
  readonly peer: Peer | null;
  /** In words: `≤ 150 ms`, `> 20 %`; `–` for a figure that is only shown. */
  readonly target: string;
  readonly ok: boolean;
  /** Every measured value. */
  readonly runs: readonly number[];
}

export interface Bench {
  readonly name: string;
  /** What is measured, and against what, in a sentence. */
  readonly about: string;
  /** @param runs how often each side is measured, at least */
  measure(runs: number, note: (text: string) => void): Promise<readonly Row[]>;
}

/** The middle value; of an even number of values the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

/** What two sides took in the same turns, as `inTurn` gives it. */
export interface Pairs {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** Of both. */
  readonly unit: string;
  /** Who `theirs` is: `ninja`, `the bound`. */
  readonly peer: string;
}

/**
 * Ours as a multiple of the peer's, turn by turn: what slows both down cancels out.
 * @param limit the largest ratio that is fine; without one the figure is only shown
 */
export function ratio(name: string, { ours, theirs, unit, peer }: Pairs, limit?: number): Row {
  const runs = ours.map((own, turn) => own / theirs[turn]!);
  const compared = { name: peer, value: round(median(theirs)), own: round(median(ours)), unit };
  if (limit === undefined) return { ...shown(name, '×', runs), peer: compared };
  return { ...atMost(name, '×', runs, limit), peer: compared };
}

/** @param source where the limit comes from, if not from us: `specification` */
export function atMost(
  name: string,
  unit: string,
  runs: readonly number[],
  limit: number,
  source?: string,
): Row {
  return limited(name, unit, runs, { sign: '≤', limit, source, holds: (value) => value <= limit });
}

export function moreThan(
  name: string,
  unit: string,
  runs: readonly number[],
  limit: number,
  source?: string,
): Row {
  return limited(name, unit, runs, { sign: '>', limit, source, holds: (value) => value > limit });
}

/** A figure without a target. */
export function shown(name: string, unit: string, runs: readonly number[]): Row {
  return { name, value: round(median(runs)), unit, peer: null, target: '–', ok: true, runs: runs.map(round) };
}

/**
 * A target that nobody can say is met.
 * @param target in words
 * @param peer what is missing
 * @param missing why, and how to get it
 */
export function unmeasured(name: string, target: string, peer: string, missing: string): Row {
  return { name, value: null, unit: '×', peer: { name: peer, missing }, target, ok: false, runs: [] };
}

interface Limit {
  readonly sign: string;
  readonly limit: number;
  readonly source: string | undefined;
  holds(value: number): boolean;
}

function limited(name: string, unit: string, runs: readonly number[], of: Limit): Row {
  const value = round(median(runs));
  const peer = of.source === undefined ? null : { name: of.source, value: of.limit, own: value, unit };
  const target = `${of.sign} ${of.limit} ${unit}`;
  return { name, value, unit, peer, target, ok: of.holds(value), runs: runs.map(round) };
}

/** To three decimals below 10, to one above. */
const round = (value: number) => (Math.abs(value) < 10 ? Number(value.toFixed(3)) : Number(value.toFixed(1)));
