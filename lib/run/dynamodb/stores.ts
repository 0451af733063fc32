import type { RunStores } from '../run-stores';
import type { RunTable } from './rows';
import { openDynamoRunIndex } from './run-index';
import { openDynamoTargetQueue } from './target-queue';
import { openDynamoTurnStore } from './turn-store';

/** Runs, their index and the queues of their targets in one table of DynamoDB. */
export function openDynamoRunStores(table: RunTable): RunStores {
  return {
    store: openDynamoTurnStore(table),
    index: openDynamoRunIndex(table),
    queue: openDynamoTargetQueue(table),
  };
}
