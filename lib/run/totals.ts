/** What all runs that have ended came to together, as a text; it changes with the end of a run and never without. */
export interface Totals {
  /** The text is undefined before the first end. */
  read(): Promise<{ readonly version: number; readonly text: string | undefined }>;
  /**
   * Ends a run and adds it to the totals, both or neither.
   * @param add the totals with the run, given those without; may be called more than once
   * @returns false, and nothing is written, when the run has ended before, or there is none
   */
  end(run: string, endedAt: number, add: (text: string | undefined) => string): Promise<boolean>;
}
