import { randomFrom } from '../../lib/prediction/random';
/** A gate that only waits, and what has to pass before it. */
export interface TimedItem {
  readonly name: string;
  readonly deps: readonly string[];
  readonly seconds: number;
}

/**
 * A layered graph: each item of a layer depends on one to three items of the layer before. Durations are heavy-tailed
 * (Pareto, cut off), so that a few are many times the median. The same for the same seed.
 * @param least shortest duration in seconds
 */
export function timedDag(layers: number, width: number, least: number, seed: number): TimedItem[] {
  const random = randomFrom(seed);
  const name = (layer: number, place: number) => `i${layer}-${place}`;
  return Array.from({ length: layers * width }, (_, item) => {
    const [layer, place] = [Math.floor(item / width), item % width];
    const deps = new Set<string>();
    if (layer > 0)
      for (let left = 1 + Math.floor(random() * 3); left > 0; left -= 1)
        deps.add(name(layer - 1, Math.floor(random() * width)));
    const seconds = Math.min(8, (1 - random()) ** (-1 / 1.5)) * least;
    return { name: name(layer, place), deps: [...deps], seconds: Number(seconds.toFixed(2)) };
  });
}

/**
 * No schedule is shorter than the longest chain, nor than all work divided by the workers (Graham, 1966).
 * @param items each after its dependencies
 * @returns seconds
 */
export function lowerBound(items: readonly TimedItem[], workers: number): number {
  const ends = new Map<string, number>();
  let work = 0;
  for (const { name, deps, seconds } of items) {
    ends.set(name, Math.max(0, ...deps.map((dep) => ends.get(dep)!)) + seconds);
    work += seconds;
  }
  return Math.max(work / workers, ...ends.values());
}

/** The same graph with barriers: everything waits for all of the level before. */
export function levelByLevel(items: readonly TimedItem[]): TimedItem[] {
  const levels = new Map<string, number>();
  for (const { name, deps } of items)
    levels.set(name, Math.max(-1, ...deps.map((dep) => levels.get(dep)!)) + 1);
  const byLevel = Map.groupBy(items, ({ name }) => levels.get(name)!);
  return items.map((item) => {
    const before = byLevel.get(levels.get(item.name)! - 1) ?? [];
    return { ...item, deps: before.map(({ name }) => name) };
  });
}
