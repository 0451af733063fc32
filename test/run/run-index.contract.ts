import { targetKey } from '../../lib/run/run-index';
import type { RunStores } from '../../lib/run/run-stores';

const run = (id: string, submittedAt = 100) => ({
  id,
  target: targetKey('repository', 'main'),
  request: `request of ${id}`,
  submittedAt,
});
const fresh = { generation: 1, recoveries: 0, endedAt: undefined, refusal: undefined };

/** What every index of runs promises, with the store that knows the same runs. */
export function describeRunIndex(
  name: string,
  open: () => Promise<RunStores & { remove: () => Promise<void> }>,
): void {
  describe(`${name} run index`, () => {
    let stores: Awaited<ReturnType<typeof open>>;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.remove());

    it('takes a run once and gives it back as it was handed in', async () => {
      const { index } = stores;
      expect(await index.submit(run('r1'))).toBe(true);
      expect(await index.submit({ ...run('r1'), request: 'other' })).toBe(false);
      expect(await index.get('r1')).toEqual({ ...run('r1'), ...fresh });
      expect(await index.get('r2')).toBeUndefined();
    });

    it('lets exactly one of many concurrent submissions of an id in', async () => {
      const { index } = stores;
      const requests = ['a', 'b', 'c', 'd'];
      const taken = await Promise.all(requests.map((request) => index.submit({ ...run('r1'), request })));
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect((await index.get('r1'))?.request).toBe(requests[taken.indexOf(true)]);
    });

    it('pages through the runs, newest first', async () => {
      const { index } = stores;
      for (const [id, at] of Object.entries({ b: 20, e: 50, a: 10, d: 40, c: 30 }))
        await index.submit(run(id, at));
      const pages: string[][] = [];
      let next: string | undefined;
      do {
        const page = await index.page(2, next);
        pages.push(page.runs.map(({ id }) => id));
        next = page.next;
      } while (next !== undefined && pages.length < 9);
      expect(pages.flat()).toEqual(['e', 'd', 'c', 'b', 'a']);
      expect(pages.slice(0, 2).map(({ length }) => length)).toEqual([2, 2]);
      expect((await index.page(1)).runs).toEqual([{ ...run('e', 50), ...fresh }]);
    });

    it('lists those that have not ended, newest first', async () => {
      const { index, store } = stores;
      for (const [id, at] of Object.entries({ b: 20, c: 30, a: 10, d: 40 })) await index.submit(run(id, at));
      await index.refuse('d', 'no', 50);
      await store.create('b', 'record', 'state', [], 21);
      await store.create('c', 'record', 'state', [], 31);
      await store.finish('c', 60);
      expect(await index.open()).toEqual([run('b', 20), run('a', 10)].map((open) => ({ ...open, ...fresh })));
    });

    it('lists all of them, however many, and only what was handed in', async () => {
      const { index, store } = stores;
      const ids = Array.from({ length: 60 }, (_, k) => `r${k}`);
      await Promise.all(ids.map((id, k) => index.submit(run(id, 1000 - k))));
      await store.create('another', 'record', 'state', [], 990);
      expect((await index.open()).map(({ id }) => id)).toEqual(ids);
      // The first to be handed in may be the last to begin.
      await Promise.all(ids.map((id, k) => store.create(id, 'record', 'state', [], 2000 + k)));
      expect((await store.list()).map(({ id }) => id)).toEqual([...ids.toReversed(), 'another']);
    });

    it('counts the generation up once for each expected one, and recoveries where nobody asked', async () => {
      const { index } = stores;
      await index.submit(run('r1'));
      expect(await index.advance('r1', 2, false)).toBe(false);
      const both = await Promise.all([index.advance('r1', 1, true), index.advance('r1', 1, true)]);
      expect(both.toSorted()).toEqual([false, true]);
      expect(await index.get('r1')).toMatchObject({ generation: 2, recoveries: 1 });
      expect(await index.advance('r1', 2, false)).toBe(true);
      expect(await index.get('r1')).toMatchObject({ generation: 3, recoveries: 1 });
      expect(await index.advance('r9', 1, false)).toBe(false);
    });

    it('notes a refusal once, of any length, and ends the run with it', async () => {
      const { index } = stores;
      await index.submit(run('r1'));
      const reasons = JSON.stringify(Array.from({ length: 50_000 }, (_, k) => Math.sin(k)));
      await index.refuse('r1', reasons, 300);
      await index.refuse('r1', 'other', 400);
      expect(await index.get('r1')).toEqual({ ...run('r1'), ...fresh, endedAt: 300, refusal: reasons });
      expect(await index.advance('r1', 1, false)).toBe(false);
      await index.refuse('r9', 'unknown', 1);
      expect(await index.get('r9')).toBeUndefined();
    });

    it('knows a run before the store does, and its end after', async () => {
      const { index, store } = stores;
      await index.submit(run('r1'));
      expect(await store.find('r1')).toBeUndefined();
      expect(await store.list()).toEqual([]);
      await store.create('r1', 'record', 'state', [], 150);
      expect(await store.find('r1')).toMatchObject({ record: 'record', createdAt: 150, endedAt: undefined });
      await store.finish('r1', 300);
      await index.refuse('r1', 'too late', 400);
      expect(await index.get('r1')).toEqual({ ...run('r1'), ...fresh, endedAt: 300 });
      expect(await store.find('r1')).toMatchObject({ endedAt: 300 });
      expect(await index.advance('r1', 1, true)).toBe(false);
    });

    it('does not list a run that was never handed in, and does not take its id', async () => {
      const { index, store } = stores;
      await store.create('r1', 'record', 'state', [], 150);
      expect(await index.get('r1')).toBeUndefined();
      expect(await index.submit(run('r1'))).toBe(false);
      await index.submit(run('r0', 10));
      expect((await index.page(1)).runs.map(({ id }) => id)).toEqual(['r0']);
    });
  });
}
