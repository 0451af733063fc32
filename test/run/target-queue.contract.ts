import type { TargetQueue } from '../../lib/run/target-queue';

/** What every queue of targets promises. */
export function describeTargetQueue(
  name: string,
  open: () => Promise<{ queue: TargetQueue; remove: () => Promise<void> }>,
): void {
  describe(`${name} target queue`, () => {
    let queue: TargetQueue;
    let remove: () => Promise<void>;
    beforeEach(async () => {
      ({ queue, remove } = await open());
    });
    afterEach(() => remove());

    it('lets the first run in at once and the others wait in the order in which they came', async () => {
      expect(await queue.enter('t', 'a', 'token a')).toBe(true);
      expect(await queue.enter('t', 'b', 'token b')).toBe(false);
      expect(await queue.enter('t', 'c', 'token c')).toBe(false);
      expect(await queue.enter('other', 'd', 'token d')).toBe(true);
      expect(await queue.list('t')).toEqual([
        { run: 'a', token: undefined },
        { run: 'b', token: 'token b' },
        { run: 'c', token: 'token c' },
      ]);
    });

    it('lets what is urgent go ahead of what is not, but for the first, and keeps its order', async () => {
      for (const run of ['a', 'b']) await queue.enter('t', run, run);
      for (const run of ['x', 'y']) expect(await queue.enter('t', run, run, true)).toBe(false);
      await queue.enter('t', 'c', 'c');
      const line = async () => (await queue.list('t')).map(({ run }) => run);
      expect(await line()).toEqual(['a', 'x', 'y', 'b', 'c']);
      expect(await queue.enter('t', 'x', 'new', true)).toBe(false);
      expect(await queue.leave('t', 'a')).toMatchObject({ run: 'x', token: 'new' });
      await queue.enter('t', 'z', 'z', true);
      expect(await line()).toEqual(['x', 'y', 'z', 'b', 'c']);
    });

    it('gives a run that comes again its new token and its old place', async () => {
      for (const run of ['a', 'b', 'c']) await queue.enter('t', run, run);
      expect(await queue.enter('t', 'b', 'new')).toBe(false);
      expect(await queue.enter('t', 'a', 'new')).toBe(true);
      expect(await queue.list('t')).toEqual([
        { run: 'a', token: undefined },
        { run: 'b', token: 'new' },
        { run: 'c', token: 'c' },
      ]);
    });

    it('says who is next as often as it is asked, until that run has come in by itself', async () => {
      for (const run of ['a', 'b', 'c']) await queue.enter('t', run, run);
      expect(await queue.leave('t', 'a')).toEqual({ run: 'b', token: 'b' });
      expect(await queue.leave('t', 'a')).toEqual({ run: 'b', token: 'b' });
      expect(await queue.enter('t', 'b', 'new')).toBe(true);
      expect(await queue.leave('t', 'a')).toEqual({ run: 'b', token: undefined });
    });

    it('lets a run leave from the middle, and the last one leave nobody behind', async () => {
      for (const run of ['a', 'b', 'c']) await queue.enter('t', run, run);
      expect(await queue.leave('t', 'b')).toEqual({ run: 'a', token: undefined });
      expect(await queue.leave('t', 'a')).toEqual({ run: 'c', token: 'c' });
      expect(await queue.leave('t', 'c')).toBeUndefined();
      expect(await queue.leave('t', 'c')).toBeUndefined();
      expect(await queue.enter('t', 'a', 'again')).toBe(true);
    });

    it('loses nobody and lets one in, however many come and leave at once', async () => {
      const runs = Array.from({ length: 12 }, (_, k) => `run-${k}`);
      const first = await Promise.all(runs.map((run) => queue.enter('t', run, run)));
      expect(first.filter(Boolean)).toHaveLength(1);
      const line = (await queue.list('t')).map(({ run }) => run);
      expect(line.toSorted()).toEqual(runs.toSorted());
      expect(line[0]).toBe(runs[first.indexOf(true)]);
      const [leaving, staying] = [line.slice(0, 6), line.slice(6)];
      await Promise.all([
        ...leaving.map((run) => queue.leave('t', run)),
        queue.enter('t', 'late', 'late'),
        queue.enter('t', staying[0]!, 'new'),
      ]);
      const left = await queue.list('t');
      expect(left.map(({ run }) => run)).toEqual([...staying, 'late']);
    });
  });
}
