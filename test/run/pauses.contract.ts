import type { KeptPause, Pauses } from '../../lib/run/pauses';

const pause = (target: string | null): KeptPause => ({ target, why: `by ann: ${target}`, at: 1 });

/** What every store of pauses promises. */
export function describePauses(
  name: string,
  open: () => Promise<{ pauses: Pauses; remove: () => Promise<void> }>,
): void {
  describe(`${name} pauses`, () => {
    let pauses: Pauses;
    let remove: () => Promise<void>;
    beforeEach(async () => {
      ({ pauses, remove } = await open());
    });
    afterEach(() => remove());

    it('are none at first, and then what they were changed to', async () => {
      expect(await pauses.read()).toEqual([]);
      const first = [pause('a'), pause(null)];
      expect(await pauses.change(() => first)).toEqual(first);
      expect(await pauses.read()).toEqual(first);
      expect(await pauses.change((all) => all.filter(({ target }) => target !== null))).toEqual([pause('a')]);
      await pauses.change(() => []);
      expect(await pauses.read()).toEqual([]);
    });

    it('are left as they are by a change that is refused, and by one that changes nothing', async () => {
      await pauses.change(() => [pause('a')]);
      const refused = pauses.change(() => {
        throw new Error('refused');
      });
      await expect(refused).rejects.toThrow('refused');
      expect(await pauses.change((all) => all)).toEqual([pause('a')]);
      expect(await pauses.read()).toEqual([pause('a')]);
    });

    it('lose none of many changes at once', async () => {
      const targets = Array.from({ length: 12 }, (_, k) => `t${k}`);
      await Promise.all(targets.map((target) => pauses.change((all) => [...all, pause(target)])));
      const found = await pauses.read();
      expect(found.map(({ target }) => target).toSorted()).toEqual(targets.toSorted());
    });
  });
}
