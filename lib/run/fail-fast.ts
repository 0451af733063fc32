import type { Draft } from './draft';
import { ItemStatus, isFailure } from './state';
import { endUndecided, skipAll } from './stopping';

/**
 * Where the policy says so, the first failure of an item ends the run: nothing starts any more, nothing lands, and
 * what was not decided is skipped. Gates that run are left to end, and decide nothing.
 */
export function failFast(draft: Draft): void {
  const { load, state, events } = draft;
  if (!load.failFast) return;
  if (!events.some((event) => event.event === 'item' && isFailure(event.status))) return;
  skipAll(draft);
  if (state.phase !== 'done') endUndecided(draft, ItemStatus.failFast);
}

/** Whether a failure has ended the run, so that what still runs is not to be tried again. */
export const hasFailedFast = ({ load, state }: Pick<Draft, 'load' | 'state'>): boolean =>
  load.failFast && state.phase === 'done' && state.items.some(isFailure);
