import fc from 'fast-check';
import { findCycles } from '../../lib/plan/cycles';
import { fromLists } from '../../lib/plan/edges';

/** Whether b can be reached from a in at least one step, by brute force. */
function reachability(edges: readonly (readonly number[])[]): boolean[][] {
  const reach = edges.map((to) => edges.map((_, node) => to.includes(node)));
  edges.forEach((_, via) => {
    for (const row of reach) if (row[via]) for (const j of edges.keys()) row[j] ||= reach[via]![j]!;
  });
  return reach;
}

const graphs = fc
  .integer({ min: 0, max: 8 })
  .chain((n) =>
    fc.array(fc.array(fc.nat(Math.max(0, n - 1)), { maxLength: 3 }), { minLength: n, maxLength: n }),
  );

describe('findCycles', () => {
  it('finds one cycle in each strongly connected component, and none elsewhere', () => {
    fc.assert(
      fc.property(graphs, (edges) => {
        const others = edges.map((to, node) => to.filter((t) => t !== node));
        const reach = reachability(others);
        const cycles = findCycles(fromLists(edges));
        const componentsWithCycle = new Set(
          others.flatMap((_, a) =>
            reach[a]![a] ? [others.findIndex((_, b) => reach[a]![b] && reach[b]![a])] : [],
          ),
        );
        expect(cycles).toHaveLength(componentsWithCycle.size);
        for (const cycle of cycles) {
          expect(new Set(cycle).size).toBe(cycle.length);
          cycle.forEach((node, i) => {
            expect(others[node]).toContain(cycle[(i + 1) % cycle.length]);
          });
        }
        expect(
          new Set(cycles.map((c) => reach[c[0]!]!.map((yes, b) => yes && reach[b]![c[0]!]).join())).size,
        ).toBe(cycles.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('does not overflow the stack', () => {
    const size = 200_000;
    expect(findCycles(fromLists(Array.from({ length: size }, (_, i) => [(i + 1) % size])))[0]).toHaveLength(
      size,
    );
  });
});
