import type { RunEvent } from '../../lib/run/messages';
import { type RunStore, StaleVersionError } from '../../lib/run/store';

const event = (item: number): RunEvent => ({ event: 'item', item, status: 1, at: item });

/** What every store of runs promises. */
export function describeStore(
  name: string,
  open: () => Promise<{ store: RunStore; remove: () => Promise<void> }>,
): void {
  describe(`${name} store`, () => {
    let store: RunStore;
    let remove: () => Promise<void>;
    beforeEach(async () => {
      ({ store, remove } = await open());
      await store.create('r1', 'record', 'state 1', [event(0)], 100);
    });
    afterEach(() => remove());

    it('gives back what a run was created with', async () => {
      expect(await store.find('r1')).toEqual({
        id: 'r1',
        record: 'record',
        createdAt: 100,
        endedAt: undefined,
      });
      expect(await store.read('r1')).toEqual({ version: 1, state: 'state 1' });
      expect(await store.events('r1')).toEqual([event(0)]);
    });

    it('refuses a second run of the same id and leaves the first as it was', async () => {
      await expect(store.create('r1', 'other', 'other', [event(9)], 200)).rejects.toThrow();
      expect(await store.read('r1')).toEqual({ version: 1, state: 'state 1' });
      expect(await store.events('r1')).toEqual([event(0)]);
    });

    it('increments the version with each commit and keeps events in order', async () => {
      await store.commit('r1', 1, 'state 2', [event(1), event(2)]);
      await store.commit('r1', 2, 'state 3', [event(3)]);
      expect(await store.read('r1')).toEqual({ version: 3, state: 'state 3' });
      expect(await store.events('r1')).toEqual([0, 1, 2, 3].map(event));
    });

    it('tells what happened after a version, commit by commit', async () => {
      await store.commit('r1', 1, 's', [event(1), event(2)]);
      await store.commit('r1', 2, 's', []);
      await store.commit('r1', 3, 's', [event(3)]);
      const all = [
        { version: 1, events: [event(0)] },
        { version: 2, events: [event(1), event(2)] },
        { version: 4, events: [event(3)] },
      ];
      expect(await Array.fromAsync(store.eventsAfter('r1', 0))).toEqual(all);
      expect(await Array.fromAsync(store.eventsAfter('r1', 2))).toEqual(all.slice(2));
      expect(await Array.fromAsync(store.eventsAfter('r1', 4))).toEqual([]);
    });

    it('writes nothing when the version is no longer the expected one', async () => {
      await store.commit('r1', 1, 'state 2', []);
      await expect(store.commit('r1', 1, 'lost', [event(9)])).rejects.toThrow(StaleVersionError);
      await expect(store.commit('r1', 7, 'lost', [event(9)])).rejects.toThrow(StaleVersionError);
      expect(await store.read('r1')).toEqual({ version: 2, state: 'state 2' });
      expect(await store.events('r1')).toEqual([event(0)]);
    });

    it('lets exactly one of two concurrent commits win', async () => {
      const both = await Promise.allSettled([
        store.commit('r1', 1, 'a', [event(1)]),
        store.commit('r1', 1, 'b', [event(2)]),
      ]);
      expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await store.read('r1')).version).toBe(2);
      expect(await store.events('r1')).toHaveLength(2);
    });

    it('lists runs newest first and keeps them apart', async () => {
      await store.create('r2', 'second', 's', [], 200);
      await store.commit('r2', 1, 's2', [event(5)]);
      expect((await store.list()).map(({ id }) => id)).toEqual(['r2', 'r1']);
      expect(await store.events('r1')).toEqual([event(0)]);
    });

    it('marks a run ended once', async () => {
      expect(await store.finish('r1', 300)).toBe(true);
      expect(await store.finish('r1', 400)).toBe(false);
      expect((await store.find('r1'))?.endedAt).toBe(300);
    });

    it('knows nothing of a run that was never created', async () => {
      expect(await store.find('r9')).toBeUndefined();
      await expect(store.read('r9')).rejects.toThrow('r9');
    });
  });
}
