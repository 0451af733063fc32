import { type CancelAnswer, cancelRun } from '../cancel-run';
import type { MergeServices } from './merge-run';

/** Cancels a run that has begun: writes the stop, moves the fence, looks whether a landing was faster. */
export async function stopWithFence(
  services: MergeServices & { readonly now: () => number },
  id: string,
  why: string,
): Promise<CancelAnswer> {
  const { store, now, withRepository } = services;
  const { record, load } = await services.loadRun(id);
  const cancel = (git: Parameters<typeof cancelRun>[0]['git']) =>
    cancelRun({ store, record, load, why, git, onStopped: async () => {}, now });
  if (!record.execute) return cancel(() => Promise.reject(new Error('nothing was to land')));
  // Done again as a whole, should the host want another secret in the middle of it.
  return withRepository(record.plan.repository, (workspace) => cancel(async () => workspace));
}
