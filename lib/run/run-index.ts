/** A run as it was handed in, before and after it has a state. */
export interface SubmittedRun {
  readonly id: string;
  /** Repository and branch whose queue the run is in, as `targetKey` makes it. */
  readonly target: string;
  /** What `prepare` needs, as text. */
  readonly request: string;
  /** Milliseconds since the epoch. */
  readonly submittedAt: number;
  /** Of the newest execution. Starts at 1. */
  readonly generation: number;
  /** How often it was resumed without being asked to. */
  readonly recoveries: number;
  readonly endedAt: number | undefined;
  /** Why it could not be prepared, or what ended it from outside, as JSON. */
  readonly refusal: string | undefined;
}

/** All runs that were handed in, whether they have begun or not. */
export interface RunIndex {
  /** @returns false, and nothing is written, when there is a run of this id */
  submit(run: Pick<SubmittedRun, 'id' | 'target' | 'request' | 'submittedAt'>): Promise<boolean>;
  get(id: string): Promise<SubmittedRun | undefined>;
  /** Newest first, at most `limit`, from where the page before ended. */
  page(limit: number, from?: string): Promise<{ runs: readonly SubmittedRun[]; next: string | undefined }>;
  /** Those that have not ended, newest first. One that was submitted within the last seconds may be missing. */
  open(): Promise<readonly SubmittedRun[]>;
  /**
   * Counts the generation up from `expected`, and recoveries with it where nobody asked.
   * @returns false when the generation is another, or the run has ended
   */
  advance(id: string, expected: number, recovery: boolean): Promise<boolean>;
  /** Notes the refusal and marks the run ended, once. */
  refuse(id: string, refusal: string, endedAt: number): Promise<void>;
}

/** The key of a target's queue; no separator that a name could contain. */
export const targetKey = (repository: string, branch: string): string => JSON.stringify([repository, branch]);
