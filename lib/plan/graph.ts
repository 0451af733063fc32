import { refuse } from '../errors';
import type { Edges } from './edges';
import type { Item } from './plan';

/** What an order and its signature are made of. An index is one of the list of items. */
export interface Graph {
  readonly items: readonly Item[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** From each item to those it depends on, each once. */
  readonly deps: Edges;
  /** The indices by name (by UTF-16 units). */
  readonly byName: Int32Array;
}

/** @throws InputError for a name that is there twice or a dependency on nothing; a loaded plan has none */
export function graphOf(items: readonly Item[]): Graph {
  const indexOf = new Map<string, number>();
  items.forEach(({ name }, index) => {
    if (indexOf.has(name)) throw refuse('duplicate-name', `two items are named ${JSON.stringify(name)}`);
    indexOf.set(name, index);
  });
  return { items, indexOf, deps: resolveDeps(items, indexOf), byName: sortByName(items) };
}

function resolveDeps(items: readonly Item[], indexOf: ReadonlyMap<string, number>): Edges {
  const start = new Int32Array(items.length + 1);
  const to = new Int32Array(items.reduce((sum, { deps }) => sum + deps.length, 0));
  const lastDependent = new Int32Array(items.length).fill(-1);
  let edges = 0;
  items.forEach(({ deps }, index) => {
    for (const name of deps) {
      const dep = indexOf.get(name);
      if (dep === undefined) throw refuse('unknown-dependency', `no item is named ${JSON.stringify(name)}`);
      if (lastDependent[dep] !== index) to[edges++] = dep;
      lastDependent[dep] = index;
    }
    start[index + 1] = edges;
  });
  return { start, to: to.subarray(0, edges) };
}

function sortByName(items: readonly Item[]): Int32Array {
  const names = items.map(({ name }) => name);
  return Int32Array.from(names.keys()).sort((a, b) => (names[a]! < names[b]! ? -1 : 1));
}
