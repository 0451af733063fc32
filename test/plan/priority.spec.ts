import fc from 'fast-check';
import { mergeOrder, orderPlan } from '../../lib/plan/order';
import type { Item } from '../../lib/plan/plan';
import { hasHotfix, inheritUrgency, MAX_PRIORITY, urgencyOf } from '../../lib/plan/priority';
import { planSignature } from '../../lib/plan/signature';
import { item, load, plan, summaryOf } from './plans';

const orderOf = (items: readonly Item[]) => mergeOrder(orderPlan({ items })).order;

/** Items with any priorities, each depending on some of those before it, in any order. */
const plans = fc
  .array(
    fc.record({
      priority: fc.option(fc.integer({ min: -2, max: 2 }), { nil: undefined }),
      hotfix: fc.option(fc.boolean(), { nil: undefined }),
      deps: fc.array(fc.nat(8), { maxLength: 3 }),
    }),
    { maxLength: 9 },
  )
  .chain((drawn) => {
    const name = (index: number) => `n${(index * 5) % 11}`;
    const items = drawn.map(({ deps, ...rest }, index) => ({
      ...item(name(index), deps.filter((dep) => dep < index).map(name)),
      ...rest,
    }));
    return fc.shuffledSubarray(items, { minLength: items.length });
  });

/** The urgency of an item or of anything that depends on it, the slow way. */
function urgencyBySearch(items: readonly Item[], name: string): number {
  const dependents = items.filter(({ deps }) => deps.includes(name));
  const own = urgencyOf(items.find((each) => each.name === name)!);
  return Math.max(own, ...dependents.map((each) => urgencyBySearch(items, each.name)));
}

describe('priorities', () => {
  it('put the higher first, and what it depends on with it', () => {
    const items = [
      item('a'),
      item('b'),
      { ...item('y', ['z']), priority: 5 },
      item('z'),
      { ...item('late'), priority: -1 },
    ];
    expect(orderOf(items)).toEqual(['z', 'y', 'a', 'b', 'late']);
  });

  it('come after hot-fixes, whatever they are', () => {
    const items = [
      { ...item('a'), priority: MAX_PRIORITY },
      { ...item('b'), hotfix: true, priority: -MAX_PRIORITY },
      { ...item('c'), hotfix: true },
    ];
    expect(orderOf(items)).toEqual(['c', 'b', 'a']);
  });

  it('order what is ready by urgency, inherited from dependents, then by name', () => {
    fc.assert(
      fc.property(plans, (items) => {
        const placed = new Set<string>();
        for (const name of orderOf(items)) {
          const ready = items
            .filter((each) => !placed.has(each.name) && each.deps.every((dep) => placed.has(dep)))
            .map((each) => ({ name: each.name, urgency: urgencyBySearch(items, each.name) }))
            .sort((a, b) => b.urgency - a.urgency || (a.name < b.name ? -1 : 1));
          expect(name).toBe(ready[0]!.name);
          placed.add(name);
        }
        expect(placed.size).toBe(items.length);
      }),
    );
  });

  it('are never below those of a dependent', () => {
    fc.assert(
      fc.property(plans, (items) => {
        const index = new Map(items.map(({ name }, i) => [name, i]));
        const inherited = inheritUrgency(items, (i) => items[i]!.deps.map((dep) => index.get(dep)!));
        expect(inherited).toEqual(items.map(({ name }) => urgencyBySearch(items, name)));
      }),
    );
  });

  it('are part of the signature where they are not the default', () => {
    const of = (fields: Partial<Item>) => planSignature({ items: [{ ...item('a'), ...fields }] });
    expect(of({ priority: 0, hotfix: false })).toBe(of({}));
    const others = [of({}), of({ priority: 1 }), of({ priority: -1 }), of({ hotfix: true })];
    expect(new Set(others).size).toBe(others.length);
    fc.assert(
      fc.property(plans, plans, (a, b) => {
        if (JSON.stringify(orderOf(a)) !== JSON.stringify(orderOf(b)))
          expect(planSignature({ items: a })).not.toBe(planSignature({ items: b }));
      }),
    );
  });
});

describe('a plan', () => {
  it('may give its items priorities, and call them hot-fixes', () => {
    const loaded = load(
      plan({
        items: [
          { name: 'a', priority: -3 },
          { name: 'b', hotfix: true },
        ],
      }),
    );
    expect(loaded.items).toMatchObject([
      { priority: -3, hotfix: false },
      { priority: 0, hotfix: true },
    ]);
    expect(hasHotfix(loaded)).toBe(true);
    expect(hasHotfix({ items: [item('a')] })).toBe(false);
  });

  it.each([[1.5], [MAX_PRIORITY + 1], ['high']])('refuses the priority %j', (priority) => {
    expect(summaryOf(plan({ items: [{ name: 'a', priority }] }))).toHaveLength(1);
  });
});
