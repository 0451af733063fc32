import type { Item } from './plan';

/** The indices of items, by name (by UTF-16 units); of equal names the first first. */
export function sortByName(items: readonly Pick<Item, 'name'>[]): Int32Array {
  const names = items.map(({ name }) => name);
  const indices = Int32Array.from(names.keys());
  return indices.sort((a, b) => (names[a]! < names[b]! ? -1 : names[a] === names[b] ? a - b : 1));
}
