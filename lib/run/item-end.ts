import type { RunEvent } from './messages';
import { ItemStatus, type RunState } from './state';

/** What became of an item, once that is known. */
export interface ItemEnd {
  readonly item: number;
  readonly status: 'merged' | 'failed' | 'blocked' | 'skipped' | 'cancelled';
  /** A code; null where its gates or a dependency say why. */
  readonly reason: string | null;
}

/** The items that an event, after which the run is in `state`, has brought to their end. */
export function itemEnds(event: RunEvent, state: RunState): ItemEnd[] {
  if (event.event === 'item' && event.status >= ItemStatus.blocked) {
    const reason = REASON[event.status] ?? null;
    return [{ item: event.item, status: outStatus(event.status), reason }];
  }
  return event.event === 'phase' && event.phase === 'done' ? mergedItems(state) : [];
}

function outStatus(status: number): ItemEnd['status'] {
  if (status === ItemStatus.blocked) return 'blocked';
  if (status === ItemStatus.failFast) return 'skipped';
  return status === ItemStatus.cancelled ? 'cancelled' : 'failed';
}

const REASON: Readonly<Record<number, string>> = {
  [ItemStatus.conflict]: 'conflict',
  [ItemStatus.unrelated]: 'unrelated-history',
  [ItemStatus.notLinearizable]: 'not-linearizable',
  [ItemStatus.headMoved]: 'head-moved',
  [ItemStatus.integrationFailed]: 'integration-failed',
  [ItemStatus.targetMoved]: 'target-moved',
  [ItemStatus.targetDirty]: 'target-dirty',
  [ItemStatus.targetGone]: 'target-gone',
  [ItemStatus.landingRefused]: 'landing-refused',
  [ItemStatus.cancelled]: 'cancelled',
  [ItemStatus.engineFault]: 'engine-fault',
  [ItemStatus.failFast]: 'fail-fast',
};

function mergedItems({ items }: RunState): ItemEnd[] {
  return Array.from(items).flatMap((status, item): ItemEnd[] =>
    status === ItemStatus.woven || status === ItemStatus.present
      ? [{ item, status: 'merged', reason: null }]
      : [],
  );
}
