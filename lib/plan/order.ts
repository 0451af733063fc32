import { refuse } from '../errors';
import { pop, push } from '../run/ready-queue';
import { type Edges, inverse, renumber, reverse, sortRows, toLists } from './edges';
import { type Graph, graphOf } from './graph';
import type { Item, Plan } from './plan';
import { inheritUrgency } from './priority';

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
 * Items in merge order, with what follows from it; the same whatever order the plan lists them in. The order is
 * topological: of the items whose dependencies are all placed, the most urgent one (hot-fixes, then by priority, both
 * inherited from dependents), and of several the one whose name is least (by UTF-16 units) comes next. O(items log items + dependencies), without recursion.
 * @param graph of the items, where it is known already
 * @throws InputError for a name that is there twice, a dependency on nothing, a cycle; a loaded plan has none
 */
export function orderPlan({ items }: Pick<Plan, 'items'>, graph: Graph = graphOf(items)): OrderedPlan {
  return arrange(graph, mergeSequence(graph));
}

/**
 * The order alone, by Kahn's algorithm (1962).
 * @returns indices in the list of items
 * @throws InputError for a cycle
 */
export function mergeSequence({ items, deps, byName }: Graph): Int32Array {
  const urgency = inheritUrgency(items, (item) => deps.to.subarray(deps.start[item]!, deps.start[item + 1]!));
  // The rank of an item is its place among all, so that the heap compares numbers. Sorting keeps the order by name among equals.
  const isEqual = urgency.every((one) => one === urgency[0]);
  const byRank = isEqual ? byName : byName.toSorted((a, b) => urgency[b]! - urgency[a]!);
  const rankOf = inverse(byRank);
  // Everything else by index: items are mostly listed near those they depend on.
  const { start, to } = reverse(deps);
  const missing = new Int32Array(items.length);
  const ready: number[] = [];
  for (let item = 0; item < items.length; item++) {
    missing[item] = deps.start[item + 1]! - deps.start[item]!;
    if (missing[item] === 0) push(ready, rankOf[item]!);
  }
  const order = new Int32Array(items.length);
  let placed = 0;
  for (let rank = pop(ready); rank !== undefined; rank = pop(ready)) {
    const item = byRank[rank]!;
    order[placed++] = item;
    for (let edge = start[item]!; edge < start[item + 1]!; edge++) {
      const dependent = to[edge]!;
      missing[dependent]! -= 1;
      if (missing[dependent] === 0) push(ready, rankOf[dependent]!);
    }
  }
  if (placed < items.length) throw refuse('cycle', 'the dependencies of the items have a cycle');
  return order;
}

/**
 * Puts items in a known order and finds what follows from it. O(items + dependencies). The lists are made when somebody
 * wants them: of a million items they take more memory than all the rest.
 * @param order indices in the list of items
 */
export function arrange({ items, deps: edges }: Graph, order: Int32Array): OrderedPlan {
  const deps = sortRows(renumber(edges, order));
  const levels = levelsOf(deps);
  let depLists: number[][] | undefined;
  let dependentLists: number[][] | undefined;
  return {
    items: items.map((_, position) => items[order[position]!]!),
    get deps() {
      depLists ??= toLists(deps);
      return depLists;
    },
    get dependents() {
      dependentLists ??= toLists(reverse(deps));
      return dependentLists;
    },
    levels: Array.from(levels),
    criticalPath: criticalPathOf(deps, levels),
  };
}

function levelsOf({ start, to }: Edges): Int32Array {
  const levels = new Int32Array(start.length - 1);
  for (let item = 0; item < levels.length; item++)
    for (let edge = start[item]!; edge < start[item + 1]!; edge++)
      levels[item] = Math.max(levels[item]!, levels[to[edge]!]! + 1);
  return levels;
}

function criticalPathOf({ start, to }: Edges, levels: Int32Array): number[] {
  if (levels.length === 0) return [];
  let at = levels.reduce((best, level, position) => (level > levels[best]! ? position : best), 0);
  const path = [at];
  while (levels[at]! > 0) {
    const below = levels[at]! - 1;
    at = to.subarray(start[at]!, start[at + 1]!).find((dep) => levels[dep] === below)!;
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
