import type { WaiterStore } from '../callbacks/store';
import type { Pauses } from './pauses';
import type { RunIndex } from './run-index';
import type { TargetQueue } from './target-queue';
import type { Totals } from './totals';
import type { TurnStore } from './turn-store';

/** What functions in different processes share. */
export interface RunStores {
  readonly store: TurnStore;
  readonly index: RunIndex;
  readonly queue: TargetQueue;
  readonly pauses: Pauses;
  readonly totals: Totals;
  readonly callbacks: WaiterStore;
}
