import type { CacheStore } from '../performance/cache-store';
import { OperationCache } from '../performance/operation-cache';
import { graphOf } from '../plan/graph';
import { arrange, type OrderedPlan, orderPlan } from '../plan/order';
import type { Plan } from '../plan/plan';
import { planSignature } from '../plan/signature';
import type { Metrics } from '../telemetry/lex-pr-metrics';

export type OrderCache = OperationCache<readonly string[]>;

/** The merge order of a plan, found once for all plans of one signature (dependency resolution). */
export async function orderCached(
  plan: Plan,
  store: CacheStore,
  metrics: Metrics,
): Promise<{
  readonly ordered: OrderedPlan;
  readonly signature: string;
  readonly cached: boolean;
  readonly orders: OrderCache;
}> {
  const { cacheTTLSeconds, enableCaching } = plan.policy.performance;
  const orders: OrderCache = new OperationCache(cacheTTLSeconds, enableCaching, {
    store,
    namespace: 'order/1',
  });
  const startedAt = performance.now();
  const graph = graphOf(plan.items);
  const signature = planSignature(plan, graph);
  let found: OrderedPlan | undefined;
  const order = await orders.execute(signature, async () => {
    found = orderPlan(plan, graph);
    return found.items.map(({ name }) => name);
  });
  const cached = found === undefined;
  const ordered = found ?? arrange(graph, order);
  metrics.resolutionSeconds.observe((performance.now() - startedAt) / 1000, { cached: String(cached) });
  return { ordered, signature, cached, orders };
}
