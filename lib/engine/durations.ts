import { BatchProcessor } from '../performance/batch-processor';
import type { CacheStore } from '../performance/cache-store';
import { OperationCache } from '../performance/operation-cache';
import type { OrderedPlan } from '../plan/order';
import type { Gate, Performance } from '../plan/plan';

/** Milliseconds that a gate of an item took when it last ran. */
export type Durations = OperationCache<number>;

export function openDurations(performance: Performance, store: CacheStore): Durations {
  const { cacheTTLSeconds, enableCaching } = performance;
  return new OperationCache(cacheTTLSeconds, enableCaching, { store, namespace: 'duration/1' });
}

/** So many are read at once: a store may be far away. */
const READ_AT_ONCE = 64;

export const durationKey = (gate: string, item: string) => JSON.stringify([gate, item]);

/**
 * How long each gate is expected to take, in one unit, for the order in which gates start: what it took last
 * time; else the mean of its name, else of all; where nothing is known every gate counts the same.
 */
export async function expectedLengths(
  durations: Durations,
  ordered: OrderedPlan,
): Promise<(gate: Gate, item: string) => number> {
  const known = new Map<string, number>();
  const byGate = new Map<string, number[]>();
  const all = ordered.items.flatMap(({ name, gates }) => gates.map(({ gate }) => ({ name, gate })));
  const reader = new BatchProcessor<(typeof all)[number]>(READ_AT_ONCE);
  await reader.processBatches(all, (batch) =>
    Promise.all(
      batch.map(async ({ name, gate }) => {
        const key = durationKey(gate.name, name);
        const ms = await durations.get(key);
        if (ms === undefined) return;
        known.set(key, ms);
        const same = byGate.get(gate.name);
        if (same === undefined) byGate.set(gate.name, [ms]);
        else same.push(ms);
      }),
    ),
  );
  const overall = mean([...known.values()]) ?? 1;
  const means = new Map([...byGate].map(([gate, all]) => [gate, mean(all) ?? overall]));
  return (gate, item) => known.get(durationKey(gate.name, item)) ?? means.get(gate.name) ?? overall;
}

const mean = (values: readonly number[]) =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
