import { type Callback, newCallback } from '../../lib/callbacks/callback';
import type { CallbackStore, Order, WaiterStore } from '../../lib/callbacks/store';

const fresh = (place = '0-1-1') => newCallback('r1', place, 'http://127.0.0.1:1', 1_000, 60);
const answered = (status: 'pass' | 'fail', log = '') =>
  ({ kind: 'answered', at: 2_000, answer: { status, log } }) as const;

/** What every store of callbacks promises. */
export function describeCallbackStore(
  name: string,
  open: () => Promise<{ callbacks: CallbackStore; remove: () => Promise<void> }>,
): void {
  describe(`${name} callback store`, () => {
    let callbacks: CallbackStore;
    let remove: () => Promise<void>;
    beforeEach(async () => {
      ({ callbacks, remove } = await open());
    });
    afterEach(() => remove());

    const put = async (place = '0-1-1'): Promise<Callback> => {
      const callback = fresh(place);
      expect(await callbacks.put('r1', place, callback)).toEqual(callback);
      return callback;
    };

    it('gives back what was put, by run and place', async () => {
      const [first, second] = [await put(), await put('0-2-1')];
      expect(await callbacks.get('r1', '0-1-1')).toEqual(first);
      expect(await callbacks.get('r1', '0-2-1')).toEqual(second);
      expect(await callbacks.get('r2', '0-1-1')).toBeUndefined();
      expect(await callbacks.get('r1', '0-1-2')).toBeUndefined();
    });

    it('keeps what is in a place, unless that is to be replaced', async () => {
      const first = await put();
      expect(await callbacks.put('r1', '0-1-1', fresh())).toEqual(first);
      expect(await callbacks.put('r1', '0-1-1', fresh(), 'another')).toEqual(first);
      await callbacks.end('r1', '0-1-1', first.id, { kind: 'closed', at: 5 });
      await callbacks.markRequested('r1', '0-1-1', first.id);
      const second = fresh();
      expect(await callbacks.put('r1', '0-1-1', second, first.id)).toEqual(second);
      expect(await callbacks.get('r1', '0-1-1')).toEqual(second);
    });

    it('lets one of several that are put at once win', async () => {
      const got = await Promise.all([1, 2, 3].map(() => callbacks.put('r1', '0-1-1', fresh())));
      expect(new Set(got.map(({ id }) => id)).size).toBe(1);
      expect(await callbacks.get('r1', '0-1-1')).toEqual(got[0]);
    });

    it('notes that a check was requested, of the callback that is in the place', async () => {
      const first = await put();
      await callbacks.markRequested('r1', '0-1-1', 'another');
      await callbacks.markRequested('r1', '0-9-1', first.id);
      expect(await callbacks.get('r1', '0-1-1')).toEqual(first);
      await callbacks.markRequested('r1', '0-1-1', first.id);
      await callbacks.markRequested('r1', '0-1-1', first.id);
      expect(await callbacks.get('r1', '0-1-1')).toEqual({ ...first, requested: true });
    });

    it('ends a callback once', async () => {
      const first = await put();
      const end = answered('fail', 'a log\n'.repeat(10_000));
      const ended = { ...first, end };
      expect(await callbacks.end('r1', '0-1-1', first.id, end)).toEqual(ended);
      expect(await callbacks.end('r1', '0-1-1', first.id, answered('pass'))).toEqual(ended);
      expect(await callbacks.end('r1', '0-1-1', first.id, { kind: 'closed', at: 3 })).toEqual(ended);
      await callbacks.markRequested('r1', '0-1-1', first.id);
      expect(await callbacks.get('r1', '0-1-1')).toEqual({ ...ended, requested: true });
    });

    it('lets one of several ends at once win, and tells all which', async () => {
      const { id } = await put();
      const ends = [answered('pass'), answered('fail'), { kind: 'closed', at: 9 } as const];
      const got = await Promise.all(ends.map((end) => callbacks.end('r1', '0-1-1', id, end)));
      const { end } = (await callbacks.get('r1', '0-1-1'))!;
      expect(ends).toContainEqual(end);
      expect(got.map((callback) => callback?.end)).toEqual([end, end, end]);
    });

    it('ends nothing but the callback that is meant', async () => {
      const first = await put();
      expect(await callbacks.end('r1', '0-1-1', 'another', answered('pass'))).toBeUndefined();
      expect(await callbacks.end('r1', '0-9-1', first.id, answered('pass'))).toBeUndefined();
      expect(await callbacks.end('r2', '0-1-1', first.id, answered('pass'))).toBeUndefined();
      expect(await callbacks.get('r1', '0-1-1')).toEqual(first);
      expect(await callbacks.get('r2', '0-1-1')).toBeUndefined();
    });
  });
}

/** What every store of those who wait promises. */
export function describeWaiterStore(
  name: string,
  open: () => Promise<{ callbacks: WaiterStore; remove: () => Promise<void> }>,
): void {
  describe(`${name} store of who waits for a callback`, () => {
    let callbacks: WaiterStore;
    let remove: () => Promise<void>;
    beforeEach(async () => {
      ({ callbacks, remove } = await open());
    });
    afterEach(() => remove());

    it('knows nobody at first', async () => {
      expect(await callbacks.waiter('r1', '0-1-1')).toBeUndefined();
    });

    it('knows who came last, whatever order they are told in', async () => {
      const orders: Order[] = [
        [1, 0, 0, 2],
        [1, 0, 9, 0],
        [1, 0, 10, 0],
        [1, 2, 0, 0],
        [2, 0, 0, 0],
      ];
      const attach = (k: number) =>
        callbacks.attach('r1', '0-1-1', { token: `t${k}`, since: 100 + k }, orders[k]!);
      for (const k of [2, 0, 1, 4, 3]) await attach(k);
      expect(await callbacks.waiter('r1', '0-1-1')).toEqual({ token: 't4', since: 104 });
      // The same may be told twice.
      await attach(4);
      expect(await callbacks.waiter('r1', '0-1-1')).toEqual({ token: 't4', since: 104 });
      expect(await callbacks.waiter('r1', '0-1-2')).toBeUndefined();
      expect(await callbacks.waiter('r2', '0-1-1')).toBeUndefined();
    });

    it('keeps who waits apart from the callback', async () => {
      const callback = fresh();
      await callbacks.attach('r1', '0-1-1', { token: 't', since: 1 }, [1, 0, 0, 0]);
      expect(await callbacks.put('r1', '0-1-1', callback)).toEqual(callback);
      expect(await callbacks.waiter('r1', '0-1-1')).toEqual({ token: 't', since: 1 });
    });
  });
}
