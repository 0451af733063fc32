import measured from './coefficients.json';

/** What there is of in a run, and what its requests to services go with. */
export interface Drivers {
  readonly run: number;
  readonly item: number;
  readonly lane: number;
  /** Bundles of candidates. */
  readonly segment: number;
  /** Of lanes, those included in which nothing had to run. */
  readonly turn: number;
  readonly commit: number;
  /** Gates that were handed out, remembered ones too. */
  readonly task: number;
  /** Gates that ran. */
  readonly gate: number;
  /** Batches that were woven or landed. */
  readonly merge: number;
}

/** So much for each. */
export type Rates = Readonly<Partial<Record<keyof Drivers, number>>>;

/** What `npm run cost -- --measure` has found out on the emulator. */
export interface Coefficients {
  readonly date: string;
  readonly emulator: string;
  readonly tables: {
    /** The row of the state in bytes, on an average over the run. */
    readonly stateBytes: Rates;
    /** The rows of one lane that every turn reads. */
    readonly laneBytes: number;
    /** Reads of the state with the rows of all lanes. */
    readonly turnReads: Rates;
    /** Bytes of the events of a commit. */
    readonly eventBytes: number;
    /** Read and write units of everything else. */
    readonly reads: Rates;
    readonly writes: Rates;
    /** Bytes that stay. */
    readonly bytes: Rates;
  };
  readonly files: { readonly puts: Rates; readonly gets: Rates; readonly bytes: Rates };
  readonly metricCalls: Rates;
  /** How long functions take, by function; `gate`: beside the gate itself. */
  readonly seconds: Readonly<Record<string, number>>;
}

export const COEFFICIENTS: Coefficients = measured.coefficients;

/** How much there is of something. */
export function amount(rates: Rates, drivers: Drivers): number {
  let total = 0;
  for (const [name, rate] of Object.entries(rates)) total += rate * drivers[name as keyof Drivers];
  return total;
}
