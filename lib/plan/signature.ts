import { createHash } from 'node:crypto';
import { renumber, sortRows } from './edges';
import { type Graph, graphOf } from './graph';
import type { Plan } from './plan';
import { urgencyOf } from './priority';

/** So many names are hashed at once: all of them together may be longer than a text can be. */
const AT_ONCE = 1_000;

/**
 * SHA-256 (hex) of all that the merge order depends on: the names, sorted, as JSON, so that no name can imitate a
 * separator; the dependencies in places among these, each once, ascending; and what has been said of priorities. It does not depend
 * on the order in which a plan lists anything.
 * @param graph of the items, where it is known already
 * @throws InputError as `graphOf`
 */
export function planSignature({ items }: Pick<Plan, 'items'>, graph: Graph = graphOf(items)): string {
  const { byName, deps } = graph;
  const hash = createHash('sha256').update('[');
  const urgencies: (readonly [rank: number, urgency: number])[] = [];
  for (let from = 0; from < byName.length; from += AT_ONCE) {
    const names: string[] = [];
    for (let rank = from; rank < Math.min(from + AT_ONCE, byName.length); rank++) {
      const item = items[byName[rank]!]!;
      names.push(item.name);
      const urgency = urgencyOf(item);
      if (urgency !== 0) urgencies.push([rank, urgency]);
    }
    hash.update(`${from === 0 ? '' : ','}${JSON.stringify(names).slice(1, -1)}`);
  }
  hash.update(']');
  const { start, to } = sortRows(renumber(deps, byName));
  return hash.update(start).update(to).update(JSON.stringify(urgencies)).digest('hex');
}
