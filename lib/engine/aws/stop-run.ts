import { decodeState } from '../../run/codec';
import { type CancelAnswer, cancelRun } from '../cancel-run';
import { log } from './function-log';
import { logEvents } from './log-events';
import type { MergeServices } from './merge-run';
import { withdraw } from './withdraw';

/** Cancels a run that has begun: writes the stop, moves the fence, looks whether a landing was faster. */
export async function stopWithFence(
  services: MergeServices & { readonly now: () => number },
  id: string,
  why: string,
): Promise<CancelAnswer> {
  const { now, withRepository } = services;
  const run = await services.loadRun(id);
  const { record, load } = run;
  const store: Parameters<typeof cancelRun>[0]['store'] = {
    read: services.store.read,
    async commit(id, version, state, events) {
      await services.store.commit(id, version, state, events);
      const after = decodeState(load, state);
      await withdraw(services, run, { ...after, stopping: undefined }, after);
      logEvents(run, after, events);
    },
  };
  const cancel = async (git: Parameters<typeof cancelRun>[0]['git']) => {
    const result = await cancelRun({ store, record, load, why, git, onStopped: async () => {}, now });
    log.info('cancel', `cancel: ${result}`, { result, why });
    return result;
  };
  if (!record.execute) return cancel(() => Promise.reject(new Error('nothing was to land')));
  // Done again as a whole, should the host want another secret in the middle of it.
  return withRepository(record.plan.repository, (workspace) => cancel(async () => workspace));
}
