import type { Draft } from './draft';
import { setItem, skipTask } from './items';
import { ItemStatus, type StopStatus } from './state';
import { enter } from './weaving';

/**
 * Ends the run before its time. Nothing new starts; what lanes hold comes back and counts for nothing. In
 * phase `land` a landing is waited for, or sent once more to look: it may have been faster than the stop, also
 * where its answer was lost, and then the run has merged. Stopped once more, it ends without that look. Of a run
 * that has come to its end only the gates that nobody waits for are left out.
 */
export function stopNow(draft: Draft, status: StopStatus, why: string): void {
  const { state } = draft;
  skipAll(draft);
  if (state.phase === 'done') return;
  draft.events.push({ event: 'stop', status, why, at: draft.now });
  if (state.phase !== 'land' || state.stopping !== undefined) endUndecided(draft, state.stopping ?? status);
  state.stopping ??= status;
  state.weave.lost = 0;
}

/** No task starts any more. */
export function skipAll(draft: Draft): void {
  for (let task = 0; task < draft.load.tasks.length; task++) skipTask(draft, task);
}

/** Every item that was not decided gets the status; nothing has landed. */
export function endUndecided(draft: Draft, status: ItemStatus): void {
  const { state, load } = draft;
  state.items.forEach((current, item) => {
    const isOpen = current <= ItemStatus.woven && !(load.gatesOnly && current === ItemStatus.passed);
    if (isOpen) setItem(draft, item, status);
  });
  enter(draft, 'done');
}
