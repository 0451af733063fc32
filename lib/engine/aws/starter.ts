/** Starts executions of the run machine. */
export interface Starter {
  /** Execution `<run>-<generation>`; one of that name that is there already is as good. */
  start(run: string, generation: number): Promise<void>;
  isRunning(run: string, generation: number): Promise<boolean>;
}
