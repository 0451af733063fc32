import type { CacheStore } from '../performance/cache-store';
import { OperationCache } from '../performance/operation-cache';
import { inverse } from '../plan/edges';
import { type Graph, graphOf } from '../plan/graph';
import { arrange, mergeSequence, type OrderedPlan } from '../plan/order';
import type { Plan } from '../plan/plan';
import { planSignature } from '../plan/signature';
import type { Metrics } from '../telemetry/lex-pr-metrics';

export type OrderCache = OperationCache<string>;

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
    namespace: 'order/2',
  });
  const startedAt = performance.now();
  const graph = graphOf(plan.items);
  const signature = planSignature(plan, graph);
  let found: Int32Array | undefined;
  const packed = await orders.execute(signature, async () => {
    found = mergeSequence(graph);
    return pack(found, graph);
  });
  const cached = found === undefined;
  const ordered = arrange(graph, found ?? unpack(packed, graph));
  metrics.resolutionSeconds.observe((performance.now() - startedAt) / 1000, { cached: String(cached) });
  return { ordered, signature, cached, orders };
}

/** An order in ranks by name, whose names the signature says, as base64: half as long as digits would be. */
function pack(order: Int32Array, { byName }: Graph): string {
  const rankOf = inverse(byName);
  return Buffer.from(order.map((item) => rankOf[item]!).buffer).toString('base64');
}

function unpack(packed: string, { byName }: Graph): Int32Array {
  // Of its own: the bytes of a buffer may begin anywhere in memory.
  const { buffer } = new Uint8Array(Buffer.from(packed, 'base64'));
  return new Int32Array(buffer).map((rank) => byName[rank]!);
}
