import { createHash } from 'node:crypto';
import type { Plan } from './plan';
import { urgencyOf } from './priority';
import { sortByName } from './sort-by-name';

/** So many items are hashed at once: all of them together may be longer than a text can be. */
const AT_ONCE = 1_000;

/**
 * SHA-256 (hex) of all that the merge order depends on: names and dependencies, sorted, each once, and what has been
 * said of priorities. It does not depend on the order in which a plan lists them, and as JSON no name can imitate a
 * separator.
 * @param byName the items by name, where they have been sorted already
 */
export function planSignature({ items }: Pick<Plan, 'items'>, byName = sortByName(items)): string {
  const hash = createHash('sha256').update('[');
  const some: (readonly [string, readonly string[]] | readonly [string, readonly string[], number])[] = [];
  const flush = (before: string) => {
    hash.update(`${before}${JSON.stringify(some).slice(1, -1)}`);
    some.length = 0;
  };
  for (let rank = 0; rank < byName.length; rank++) {
    const item = items[byName[rank]!]!;
    const urgency = urgencyOf(item);
    const deps = sortedOnce(item.deps);
    some.push(urgency === 0 ? [item.name, deps] : [item.name, deps, urgency]);
    if (some.length === AT_ONCE || rank === byName.length - 1) flush(rank < AT_ONCE ? '' : ',');
  }
  return hash.update(']').digest('hex');
}

/** Names in ascending order, each once. */
function sortedOnce(names: readonly string[]): readonly string[] {
  if (names.length < 2) return names;
  const sorted = names.toSorted();
  for (let k = 1; k < sorted.length; k++) if (sorted[k] === sorted[k - 1]) return [...new Set(sorted)];
  return sorted;
}
