import { refuse } from '../errors';
import { pop, push } from '../run/ready-queue';
import type { Item, Plan } from './plan';

/** The items in merge order. A position is an index into `items`; everything else is said in positions. */
export interface OrderedPlan {
  readonly items: readonly Item[];
  /** For each item those it depends on, each once, ascending: all of them before its own position. */
  readonly deps: readonly (readonly number[])[];
  /** For each item those that depend on it, ascending. */
  readonly dependents: readonly (readonly number[])[];
  /** 0 for an item without dependencies, else one more than the highest level among them. */
  readonly levels: readonly number[];
  /** A longest chain of dependencies, first to last, each item weighing 1; of several the first in order. */
  readonly criticalPath: readonly number[];
}

/**
 * Items in merge order, with what follows from it; the same whatever order the plan lists them in.
 * @throws InputError as `findOrder`
 */
export function orderPlan(plan: Pick<Plan, 'items'>): OrderedPlan {
  return arrange(plan.items, findOrder(plan.items));
}

/**
 * The topological order by Kahn's algorithm (1962): of the items whose dependencies are all placed, the one
 * whose name is least (by UTF-16 units) comes next. O(items log items + dependencies), without recursion.
 * @returns the names
 * @throws InputError for a name that is there twice, a dependency on nothing, a cycle; a loaded plan has none
 */
export function findOrder(items: readonly Item[]): string[] {
  // An item's rank is its place among all names, so that the heap compares numbers.
  const byName = [...items].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const rankOf = indexByName(byName.map(({ name }) => name));
  const dependents = byName.map((): number[] => []);
  const missing = byName.map(({ deps }, rank) => {
    const before = uniqueDeps(deps, rankOf);
    for (const dep of before) dependents[dep]!.push(rank);
    return before.length;
  });
  const ready: number[] = [];
  missing.forEach((count, rank) => {
    if (count === 0) push(ready, rank);
  });
  const order: string[] = [];
  for (let rank = pop(ready); rank !== undefined; rank = pop(ready)) {
    order.push(byName[rank]!.name);
    for (const dependent of dependents[rank]!) {
      missing[dependent]! -= 1;
      if (missing[dependent] === 0) push(ready, dependent);
    }
  }
  if (order.length < items.length) throw refuse('cycle', 'the dependencies of the items have a cycle');
  return order;
}

/**
 * Puts items in a known order and finds their levels and critical path. O(items + dependencies).
 * @param order names of all the items, each after its dependencies, as `findOrder` gives them
 */
export function arrange(items: readonly Item[], order: readonly string[]): OrderedPlan {
  const positionOf = indexByName(order);
  const arranged = new Array<Item>(items.length);
  for (const item of items) arranged[positionOf.get(item.name)!] = item;
  const dependents = arranged.map((): number[] => []);
  const deps = arranged.map((item, position) => {
    const before = uniqueDeps(item.deps, positionOf).sort((a, b) => a - b);
    for (const dep of before) dependents[dep]!.push(position);
    return before;
  });
  const levels = levelsOf(deps);
  return { items: arranged, deps, dependents, levels, criticalPath: criticalPathOf(deps, levels) };
}

function indexByName(names: readonly string[]): ReadonlyMap<string, number> {
  const index = new Map(names.map((name, at) => [name, at]));
  if (index.size < names.length) throw refuse('duplicate-name', 'two items have the same name');
  return index;
}

function uniqueDeps(names: readonly string[], indexOf: ReadonlyMap<string, number>): number[] {
  const unique = names.length > 1 ? [...new Set(names)] : names;
  return unique.map((name) => {
    const index = indexOf.get(name);
    if (index === undefined) throw refuse('unknown-dependency', `no item is named ${JSON.stringify(name)}`);
    return index;
  });
}

function levelsOf(deps: readonly (readonly number[])[]): number[] {
  const levels: number[] = [];
  for (const before of deps) {
    let level = 0;
    for (const dep of before) level = Math.max(level, levels[dep]! + 1);
    levels.push(level);
  }
  return levels;
}

function criticalPathOf(deps: readonly (readonly number[])[], levels: readonly number[]): number[] {
  if (levels.length === 0) return [];
  let at = levels.reduce((best, level, position) => (level > levels[best]! ? position : best), 0);
  const path = [at];
  while (levels[at]! > 0) {
    const below = levels[at]! - 1;
    at = deps[at]!.find((dep) => levels[dep] === below)!;
    path.push(at);
  }
  return path.reverse();
}

/** The order in names, as `merge-order` prints it. */
export interface MergeOrder {
  readonly order: string[];
  readonly levels: string[][];
  readonly criticalPath: string[];
}

/** The names of an ordered plan: all of them, level by level, and on the critical path. */
export function mergeOrder({ items, levels, criticalPath }: OrderedPlan): MergeOrder {
  const byLevel: string[][] = [];
  items.forEach(({ name }, position) => {
    const level = levels[position]!;
    byLevel[level] ??= [];
    byLevel[level].push(name);
  });
  return {
    order: items.map(({ name }) => name),
    levels: byLevel,
    criticalPath: criticalPath.map((position) => items[position]!.name),
  };
}
