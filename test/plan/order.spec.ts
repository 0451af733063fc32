import fc from 'fast-check';
import { InputError } from '../../lib/errors';
import { mergeOrder, orderPlan } from '../../lib/plan/order';
import { planSignature } from '../../lib/plan/signature';
import { item, load, plan } from './plans';

const namesOf = (items: ReturnType<typeof item>[]) => mergeOrder(orderPlan({ items }));

/** A name for a plan. */
const valid = (name: string) => Buffer.from(name).toString('hex');

/** Items whose dependencies come before them in some hidden order, listed in any order. */
const graphs = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 6, unit: 'binary' }), { maxLength: 12 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name, index) =>
        fc
          .array(fc.constantFrom(...names.slice(0, index), name), { maxLength: index === 0 ? 0 : 4 })
          .map((deps) =>
            item(
              name,
              deps.filter((dep) => dep !== name),
            ),
          ),
      ),
    ),
  );
const shuffled = graphs.chain((items) =>
  fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length })),
);

describe('orderPlan', () => {
  it('puts dependencies first, and otherwise goes by name', () => {
    const items = [
      item('d', ['b', 'c']),
      item('c', ['a']),
      item('b', ['a']),
      item('a'),
      item('B'),
      item('é'),
      item('z'),
    ];
    expect(namesOf(items)).toEqual({
      order: ['B', 'a', 'b', 'c', 'd', 'z', 'é'],
      levels: [['B', 'a', 'z', 'é'], ['b', 'c'], ['d']],
      criticalPath: ['a', 'b', 'd'],
    });
  });

  it('says everything in positions', () => {
    const ordered = orderPlan({ items: [item('c', ['b', 'a', 'b']), item('b'), item('a')] });
    expect(ordered).toMatchObject({
      deps: [[], [], [0, 1]],
      dependents: [[2], [2], []],
      levels: [0, 0, 1],
      criticalPath: [0, 2],
    });
    expect(ordered.items.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('of nothing is nothing', () => {
    expect(namesOf([])).toEqual({ order: [], levels: [], criticalPath: [] });
  });

  it('refuses what a loaded plan cannot be', () => {
    for (const items of [
      [item('a', ['b']), item('b', ['a'])],
      [item('a', ['a'])],
      [item('a', ['x'])],
      [item('a'), item('a')],
    ])
      expect(() => orderPlan({ items })).toThrow(InputError);
  });

  it('orders 100,000 items in one chain, listed leaf first, and 300,000 dependencies', () => {
    const items = Array.from({ length: 100_000 }, (_, i) =>
      item(`i${i}`, [`i${i + 1}`, `i${i + 2}`, `i${i + 3}`]),
    );
    items.push(...['i100000', 'i100001', 'i100002'].map((name) => item(name)));
    const ordered = orderPlan({ items });
    expect(ordered.criticalPath).toHaveLength(100_001);
    expect(ordered.items.at(-1)!.name).toBe('i0');
  });

  it('is topological, complete, and takes the least name that is ready', () => {
    fc.assert(
      fc.property(graphs, (items) => {
        const { order } = namesOf(items);
        const placed = new Set<string>();
        for (const name of order) {
          const ready = items
            .filter((i) => !placed.has(i.name) && i.deps.every((dep) => placed.has(dep)))
            .map((i) => i.name);
          expect(name).toBe(ready.sort()[0]);
          placed.add(name);
        }
        expect(placed.size).toBe(items.length);
      }),
    );
  });

  it('does not depend on how items and dependencies are listed', () => {
    fc.assert(
      fc.property(shuffled, ([items, others]) => {
        const reversed = others.map((i) => ({ ...i, deps: [...i.deps, ...i.deps].reverse() }));
        expect(namesOf(reversed)).toEqual(namesOf(items));
        expect(planSignature({ items: reversed })).toBe(planSignature({ items }));
      }),
    );
  });

  it('is that of the items of a loaded plan, whose dependencies are known already', () => {
    fc.assert(
      fc.property(shuffled, ([, listed]) => {
        const items = listed.map(({ name, deps }) => ({
          name: valid(name),
          deps: [...deps, ...deps].map(valid),
        }));
        const loaded = load(plan({ items }));
        const unknown = { items: [...loaded.items] };
        expect(orderPlan(loaded)).toEqual(orderPlan(unknown));
        expect(planSignature(loaded)).toBe(planSignature(unknown));
      }),
    );
  });

  it('has consistent positions, levels, and a critical path with one item of each level', () => {
    fc.assert(
      fc.property(graphs, (items) => {
        const { deps, dependents, levels, criticalPath, items: placed } = orderPlan({ items });
        placed.forEach((each, position) => {
          expect(deps[position]!.map((dep) => placed[dep]!.name).sort()).toEqual(
            [...new Set(each.deps)].sort(),
          );
          expect(deps[position]).toEqual([...deps[position]!].sort((a, b) => a - b));
          expect(levels[position]).toBe(Math.max(-1, ...deps[position]!.map((dep) => levels[dep]!)) + 1);
          for (const dep of deps[position]!) expect(dependents[dep]).toContain(position);
        });
        expect(dependents.flat()).toHaveLength(deps.flat().length);
        expect(criticalPath.map((position) => levels[position])).toEqual(
          [...new Set(levels)].sort((a, b) => a - b),
        );
        criticalPath.slice(1).forEach((position, i) => {
          expect(deps[position]).toContain(criticalPath[i]);
        });
      }),
    );
  });
});

describe('planSignature', () => {
  const signature = (...items: ReturnType<typeof item>[]) => planSignature({ items });

  it('is SHA-256 in hex', () => expect(signature(item('a'))).toMatch(/^[0-9a-f]{64}$/));

  it('is that of the names and dependencies alone', () => {
    expect(signature({ ...item('a'), branch: 'other' })).toBe(signature(item('a')));
  });

  it('differs by every item and every dependency, however many there are', () => {
    const items = Array.from({ length: 2_001 }, (_, k) => item(`i${k}`, k === 0 ? [] : ['i0']));
    const counts = [0, 1, 2, 999, 1_000, 1_001, 2_000, 2_001];
    const without = items.with(1_500, item('i1500'));
    const renamed = items.with(2_000, item('j', ['i0']));
    const signatures = [
      ...counts.map((count) => signature(...items.slice(0, count))),
      signature(...without),
      signature(...renamed),
    ];
    expect(new Set(signatures).size).toBe(signatures.length);
  });

  it('differs wherever names or dependencies differ, whatever signs they hold', () => {
    const plans = [
      [item('a'), item('b')],
      [item('a'), item('b', ['a'])],
      [item('a,b')],
      [item('a","b')],
      [item('a', ['b']), item('b')],
      [item('a'), item('b', ['a']), item('c', ['a'])],
      [item('a'), item('b', ['a']), item('c', ['b'])],
      [item('a'), item('b', ['a']), item('c', ['a', 'b'])],
      [item('a],["b')],
      [],
    ];
    expect(new Set(plans.map((items) => signature(...items))).size).toBe(plans.length);
  });

  it('differs for plans whose merge order differs', () => {
    fc.assert(
      fc.property(graphs, graphs, (a, b) => {
        if (JSON.stringify(namesOf(a)) !== JSON.stringify(namesOf(b)))
          expect(signature(...a)).not.toBe(signature(...b));
      }),
    );
  });
});
