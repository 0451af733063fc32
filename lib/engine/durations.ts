import type { CacheStore } from '../performance/cache-store';
import { OperationCache } from '../performance/operation-cache';
import type { OrderedPlan } from '../plan/order';
import type { Performance, Policy } from '../plan/plan';
import { createForecasts, type Forecasts } from '../prediction/forecast';
import { observedTimes } from '../prediction/observations';
import { asWindow, observe, pool, type Window } from '../prediction/window';
import type { RunEvent } from '../run/messages';
import { verificationGates } from '../run/verification';
import type { Workload } from '../run/workload';

/** Of each gate of an item what it took in its last runs, and of each name of a gate what its items took. */
export type Durations = OperationCache<Window>;

/** Results are kept for as long as they can be trusted; that a gate took a minute is worth knowing next month. */
export const KEPT_SECONDS = 30 * 86_400;

/** @throws InputError when `cacheTTLSeconds` is not a positive number */
export function openDurations(performance: Performance, store: CacheStore): Durations {
  const { cacheTTLSeconds, enableCaching } = performance;
  const seconds = Math.max(cacheTTLSeconds, KEPT_SECONDS);
  return new OperationCache(seconds, enableCaching, { store, namespace: 'duration/2' });
}

/** @param item its name; null: the woven commit */
export const durationKey = (gate: string, item: string | null) => JSON.stringify([gate, item]);

/** Of all items together. */
const nameKey = (gate: string) => JSON.stringify([gate]);

/** What past runs say of all gates that a run of the plan could start: many keys, read together. */
export async function readForecasts(
  durations: Durations,
  ordered: OrderedPlan,
  policy: Policy,
): Promise<Forecasts> {
  const ofItems = ordered.items.flatMap(({ name, gates }) =>
    gates.map(({ gate }) => ({ gate: gate.name, item: name })),
  );
  const ofWeave = verificationGates(ordered, policy).map(([gate]) => ({ gate: gate.name, item: null }));
  const all = [...ofItems, ...ofWeave];
  const names = [...new Set(all.map(({ gate }) => gate))];
  const keys = [...all.map(({ gate, item }) => durationKey(gate, item)), ...names.map(nameKey)];
  const known = await durations.getMany(keys);
  const ofKey = (key: string) => asWindow(known.get(key));
  const named = names.flatMap((gate) => {
    const window = ofKey(nameKey(gate));
    return window === undefined ? [] : [[gate, window] as const];
  });
  return createForecasts((gate, item) => ofKey(durationKey(gate, item)), new Map(named));
}

/**
 * Takes in how long the gates of a run took, once it has ended. Two runs that do so at once may lose what one of them
 * saw of a gate, never more.
 * @param names of the items, in merge order
 */
export async function learnDurations(
  durations: Durations,
  load: Workload,
  names: readonly string[],
  events: readonly RunEvent[],
): Promise<void> {
  const own = new Map<string, number[]>();
  const pooled = new Map<string, number[]>();
  for (const [index, ms] of observedTimes(load, events)) {
    const { item, gate } = load.tasks[index]!;
    append(own, durationKey(gate.name, item < 0 ? null : names[item]!), ms);
    if (item >= 0) append(pooled, nameKey(gate.name), ms);
  }
  const known = await durations.getMany([...own.keys(), ...pooled.keys()]);
  const before = (key: string) => asWindow(known.get(key)) ?? [];
  const after = new Map<string, Window>();
  for (const [key, times] of own) after.set(key, times.reduce(observe, before(key)));
  for (const [key, times] of pooled) after.set(key, pool(before(key), times));
  for (const [key, window] of after) if (window.length === 0) after.delete(key);
  await durations.setMany(after);
}

function append(lists: Map<string, number[]>, key: string, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
