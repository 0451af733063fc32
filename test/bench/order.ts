import { orderPlan } from '../../lib/plan/order';
import type { Item } from '../../lib/plan/plan';
import { randomFrom } from '../../lib/prediction/random';
import { inTurn, timed } from './in-turn';
import { atMost, type Bench, ratio, shown } from './row';

const DEPS = 3;
const SMALL = 100_000;
const LARGE = 1_000_000;

export const order: Bench = {
  name: 'order',
  about: `Merge order of ${SMALL.toLocaleString('en')} items with ${DEPS} deps each on random earlier ones, listed in random order; and for ${LARGE.toLocaleString('en')} the time an item against that.`,
  async measure(runs) {
    const [small, large] = [itemsOf(SMALL), itemsOf(LARGE)];
    const turns = await inTurn(runs, {
      small: async () => {
        const before = process.cpuUsage();
        const ms = await timed(() => orderPlan({ items: small }));
        const { user, system } = process.cpuUsage(before);
        return { ms, processorMs: (user + system) / 1000 };
      },
      large: () => timed(() => orderPlan({ items: large })),
    });
    const micros = (ms: readonly number[], items: number) => ms.map((figure) => (1000 * figure) / items);
    const ms = turns.small.map((run) => run.ms);
    const anItem = { ours: micros(turns.large, LARGE), theirs: micros(ms, SMALL), unit: 'µs' };
    return [
      atMost('order of 100,000 items, 300,000 deps', 'ms', ms, 500),
      // Of all threads; on a busy machine the time is mostly waiting.
      shown(
        'processor time of that',
        'ms',
        turns.small.map((run) => run.processorMs),
      ),
      ratio('time an item of 1,000,000', { ...anItem, peer: 'an item of 100,000' }, 2),
    ];
  },
};

/** Random in all, and the same each time. */
function itemsOf(count: number): Item[] {
  const random = randomFrom(count);
  const name = (item: number) => `feature/change-${item}`;
  const items = Array.from({ length: count }, (_, item): Item => {
    const deps = item < DEPS ? [] : Array.from({ length: DEPS }, () => name(Math.floor(random() * item)));
    return { name: name(item), branch: name(item), branchGiven: false, sha: undefined, deps, gates: [] };
  });
  // Fisher and Yates.
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  // As they come from a file: strings of their own, where equal ones are not the same object.
  return items.map((item) => JSON.parse(JSON.stringify(item)));
}
