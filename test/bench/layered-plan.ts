import { loadPlan } from '../../lib/plan/load';
import type { Plan } from '../../lib/plan/plan';

export type Random = () => number;

/** Numbers from 0 to below 1, the same for the same seed (a linear congruential generator, Park and Miller 1988). */
export function randomFrom(seed: number): Random {
  let state = (seed * 7919 + 1) % 2_147_483_647;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  for (let k = 0; k < 10; k += 1) next();
  return next;
}

/** A standard normal value (Box and Muller 1958). */
export const normal = (random: Random) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** A plan of random layers of one gate an item; each item stands on up to three of the layers before it, mostly the last. */
export function layeredPlan(random: Random, count: number): Plan {
  const layers: string[][] = [];
  const items: { readonly name: string; readonly deps: readonly string[] }[] = [];
  while (items.length < count) {
    const width = Math.min(count - items.length, 1 + Math.floor(random() * 2 * Math.sqrt(count)));
    const layer = Array.from({ length: width }, (_, k) => `i${String(items.length + k).padStart(5, '0')}`);
    for (const name of layer) items.push({ name, deps: depsFrom(random, layers) });
    layers.push(layer);
  }
  const policy = { integration: 'none' };
  const gates = [{ name: 'test', run: 'true' }];
  const text = JSON.stringify({ schemaVersion: 'v1', target: 'main', gates, policy, items });
  return loadPlan(text, { file: 'plan.json', cwd: '/', defaultRepository: '/' });
}

function depsFrom(random: Random, layers: readonly (readonly string[])[]): string[] {
  const deps = new Set<string>();
  const wanted = layers.length === 0 ? 0 : Math.floor(random() * 4);
  for (let k = 0; k < wanted; k += 1) {
    const layer = layers[layers.length - 1 - Math.min(layers.length - 1, Math.floor(random() ** 2 * 3))]!;
    deps.add(layer[Math.floor(random() * layer.length)]!);
  }
  return [...deps];
}
