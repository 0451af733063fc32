import type { RunStores } from '../../lib/run/run-stores';

/** What all totals promise, with the store that knows the same runs. */
export function describeTotals(
  name: string,
  open: () => Promise<RunStores & { remove: () => Promise<void> }>,
): void {
  describe(`${name} totals`, () => {
    let stores: Awaited<ReturnType<typeof open>>;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.remove());

    const begin = async (...ids: string[]) => {
      for (const id of ids) {
        await stores.index.submit({ id, target: 't', request: 'request', submittedAt: 5 });
        await stores.store.create(id, 'record', 'state', [], 6);
      }
    };
    const add = (id: string) => (text: string | undefined) => `${text ?? ''}${id};`;

    it('are nothing before the first run has ended', async () => {
      expect(await stores.totals.read()).toEqual({ version: 0, text: undefined });
    });

    it('change with the end of a run, once', async () => {
      const { totals, index, store } = stores;
      await begin('r1');
      expect(await totals.end('r1', 9, add('r1'))).toBe(true);
      expect(await totals.end('r1', 10, add('again'))).toBe(false);
      expect(await totals.read()).toEqual({ version: 1, text: 'r1;' });
      expect([(await index.get('r1'))?.endedAt, (await store.find('r1'))?.endedAt]).toEqual([9, 9]);
    });

    it('hold each of many runs that end at once, and each once', async () => {
      const { totals } = stores;
      const ids = ['r1', 'r2', 'r3', 'r4'];
      await begin(...ids);
      const ends = await Promise.all([...ids, ...ids].map((id) => totals.end(id, 9, add(id))));
      expect(ends.filter(Boolean)).toHaveLength(4);
      const { version, text } = await totals.read();
      expect([version, text?.split(';').filter(Boolean).sort()]).toEqual([4, ids]);
    });

    it('have nothing of a run that has ended otherwise, or that there is not', async () => {
      const { totals, store } = stores;
      await begin('r1');
      await store.finish('r1', 7);
      expect(await totals.end('r1', 9, add('r1'))).toBe(false);
      expect(await totals.end('r9', 9, add('r9'))).toBe(false);
      expect(await totals.read()).toEqual({ version: 0, text: undefined });
    });
  });
}
