import type { SubmittedRun } from '../../run/run-index';

/** Starts executions of the run machine. */
export interface Starter {
  /** Execution `<run>-<generation>`; one of that name that is there already is as good. */
  start(run: Pick<SubmittedRun, 'id' | 'target'>, generation: number): Promise<void>;
  isRunning(run: string, generation: number): Promise<boolean>;
}

/** Ends the execution of a lane, if it goes on; the run starts the lane anew as long as it is not done. */
export type LaneStopper = (lane: {
  readonly run: string;
  readonly generation: number;
  readonly lane: number;
  /** Which execution of the lane. */
  readonly k: number;
}) => Promise<void>;
