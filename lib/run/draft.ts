import type { RunEvent } from './messages';
import type { RunState } from './state';
import type { Workload } from './workload';

/** One step in the making: the state is a copy that may be changed, events are collected. */
export interface Draft {
  readonly load: Workload;
  readonly state: RunState;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly events: RunEvent[];
}
