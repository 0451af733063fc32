import { refuse } from '../errors';
import type { Edges } from './edges';
import { findNames } from './find-names';
import type { Item } from './plan';
import { sortNames } from './sort-names';

/** What an order and its signature are made of. An index is one of the list of items. */
export interface Graph {
  readonly items: readonly Item[];
  /** From each item to those it depends on, each once. */
  readonly deps: Edges;
  /** The indices by name (by UTF-16 units). */
  readonly byName: Int32Array;
}

/**
 * O(names + dependencies) but for sorting the names.
 * @throws InputError for a name that is there twice or a dependency on nothing; a loaded plan has none
 */
export function graphOf(items: readonly Item[]): Graph {
  const names = items.map(({ name }) => name);
  return { items, deps: resolveDeps(items, names), byName: sortNames(names) };
}

function resolveDeps(items: readonly Item[], names: readonly string[]): Edges {
  const wanted = items.flatMap(({ deps }) => deps);
  const { found, twice } = findNames(names, wanted);
  if (twice !== undefined) throw refuse('duplicate-name', `two items are named ${JSON.stringify(twice)}`);
  const start = new Int32Array(items.length + 1);
  const to = new Int32Array(wanted.length);
  const lastDependent = new Int32Array(items.length).fill(-1);
  let edges = 0;
  let at = 0;
  for (let index = 0; index < items.length; index++) {
    for (const end = at + items[index]!.deps.length; at < end; at++) {
      const dep = found[at]!;
      if (dep < 0) throw refuse('unknown-dependency', `no item is named ${JSON.stringify(wanted[at])}`);
      if (lastDependent[dep] !== index) to[edges++] = dep;
      lastDependent[dep] = index;
    }
    start[index + 1] = edges;
  }
  return { start, to: to.subarray(0, edges) };
}
