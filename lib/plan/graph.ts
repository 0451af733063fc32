import { refuse } from '../errors';
import { type Edges, startsOf, uniqueRows } from './edges';
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

/** Dependencies that have been resolved already, by list of items, in indices of it. */
const known = new WeakMap<readonly Item[], Edges>();

/** Tells the dependencies of a list of items, each once, so that nobody has to look up their names again. */
export function knowDeps(items: readonly Item[], deps: Edges): void {
  known.set(items, deps);
}

/**
 * O(items + dependencies) but for sorting the names.
 * @throws InputError for a name that is there twice or a dependency on nothing; a loaded plan has none
 */
export function graphOf(items: readonly Item[]): Graph {
  const names = items.map(({ name }) => name);
  return { items, deps: known.get(items) ?? resolveDeps(items, names), byName: sortNames(names) };
}

function resolveDeps(items: readonly Item[], names: readonly string[]): Edges {
  const wanted = items.flatMap(({ deps }) => deps);
  const { found, twice } = findNames(names, wanted);
  if (twice !== undefined) throw refuse('duplicate-name', `two items are named ${JSON.stringify(twice)}`);
  const lost = found.indexOf(-1);
  if (lost >= 0) throw refuse('unknown-dependency', `no item is named ${JSON.stringify(wanted[lost])}`);
  return uniqueRows({ start: startsOf(items.map(({ deps }) => deps)), to: found });
}
