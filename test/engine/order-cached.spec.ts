import { orderCached } from '../../lib/engine/order-cached';
import { MemoryStore } from '../../lib/performance/memory-store';
import { orderPlan } from '../../lib/plan/order';
import type { Item, Plan } from '../../lib/plan/plan';
import { exposition } from '../../lib/telemetry/exposition';
import { createMetrics } from '../../lib/telemetry/lex-pr-metrics';

const item = (name: string, ...deps: string[]): Item => ({
  name,
  branch: name,
  branchGiven: false,
  sha: undefined,
  deps,
  gates: [],
});

function planOf(items: readonly Item[], enableCaching = true): Plan {
  return {
    repository: '/nowhere',
    target: 'main',
    items,
    policy: {
      maxWorkers: 1,
      mergeStrategy: 'merge',
      integration: { kind: 'none' },
      retries: new Map(),
      performance: {
        maxMemoryMB: undefined,
        batchSize: 50,
        cacheTTLSeconds: 60,
        enableCaching,
        throttleOnMemory: true,
        memoryThresholdPercent: 80,
      },
    },
  };
}

const ITEMS = [item('d', 'b', 'c'), item('c', 'a'), item('b', 'a'), item('a')];

describe('orderCached', () => {
  it('finds the order once, then again for any plan of that signature, with the same result', async () => {
    const store = new MemoryStore();
    const first = await orderCached(planOf(ITEMS), store, createMetrics());
    expect(first.cached).toBe(false);
    expect(first.ordered).toEqual(orderPlan({ items: ITEMS }));
    const second = await orderCached(planOf(ITEMS.toReversed()), store, createMetrics());
    expect(second).toMatchObject({ cached: true, signature: first.signature });
    expect(second.ordered).toEqual(first.ordered);
    expect(second.orders.stats()).toMatchObject({ hits: 1, misses: 0 });
  });

  it('takes everything but the order from the plan at hand', async () => {
    const store = new MemoryStore();
    await orderCached(planOf(ITEMS), store, createMetrics());
    const moved = ITEMS.map((of) => ({ ...of, branch: `new/${of.name}` }));
    const { cached, ordered } = await orderCached(planOf(moved), store, createMetrics());
    expect(cached).toBe(true);
    expect(ordered.items.map(({ branch }) => branch)).toEqual(['new/a', 'new/b', 'new/c', 'new/d']);
  });

  it('finds it anew where a dependency has changed', async () => {
    const store = new MemoryStore();
    await orderCached(planOf(ITEMS), store, createMetrics());
    const changed = [item('d', 'b', 'c'), item('c', 'b'), item('b', 'a'), item('a', 'e'), item('e')];
    const { cached, ordered } = await orderCached(planOf(changed), store, createMetrics());
    expect(cached).toBe(false);
    expect(ordered.items.map(({ name }) => name)).toEqual(['e', 'a', 'b', 'c', 'd']);
  });

  it('remembers nothing where caching is off', async () => {
    const store = new MemoryStore();
    await orderCached(planOf(ITEMS, false), store, createMetrics());
    expect((await orderCached(planOf(ITEMS, false), store, createMetrics())).cached).toBe(false);
    expect(store.size()).toBe(0);
  });

  it('tells the metrics how long it took, and whether it was cached', async () => {
    const store = new MemoryStore();
    for (const cached of ['false', 'true']) {
      const metrics = createMetrics();
      await orderCached(planOf(ITEMS), store, metrics);
      expect(exposition(metrics.snapshot())).toContain(
        `lex_pr_dependency_resolution_seconds_count{cached="${cached}"} 1`,
      );
    }
  });
});
