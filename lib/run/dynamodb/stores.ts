import type { RunStores } from '../run-stores';
import { openDynamoCallbacks } from './callback-store';
import { openDynamoPauses } from './pauses';
import type { RunTable } from './rows';
import { openDynamoRunIndex } from './run-index';
import { openDynamoTargetQueue } from './target-queue';
import { openDynamoTotals } from './totals';
import { openDynamoTurnStore } from './turn-store';

/** Runs, their index, the queues and pauses of their targets, what they came to, and their callbacks, in one table of DynamoDB. */
export function openDynamoRunStores(table: RunTable): RunStores {
  return {
    store: openDynamoTurnStore(table),
    index: openDynamoRunIndex(table),
    queue: openDynamoTargetQueue(table),
    pauses: openDynamoPauses(table),
    totals: openDynamoTotals(table),
    callbacks: openDynamoCallbacks(table),
  };
}
