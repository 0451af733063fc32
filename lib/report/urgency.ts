import type { Item } from '../plan/plan';
import { urgencyOf } from '../plan/priority';
import type { ReportItem } from './report';

/**
 * Of items that are ahead of less urgent ones what the plan says of that; of all others nothing. O(items).
 * @param items in merge order
 */
export function urgenciesOf(
  items: readonly Pick<Item, 'name' | 'hotfix' | 'priority'>[],
): Pick<ReportItem, 'urgency'>[] {
  const said: Pick<ReportItem, 'urgency'>[] = items.map(() => ({}));
  let least = items.at(-1);
  for (let at = items.length - 2; at >= 0; at--) {
    const item = items[at]!;
    const { hotfix = false, priority = 0 } = item;
    const isMeant = hotfix || priority > 0;
    if (isMeant && urgencyOf(item) > urgencyOf(least!))
      said[at] = { urgency: { hotfix, priority, aheadOf: least!.name } };
    if (urgencyOf(item) < urgencyOf(least!)) least = item;
  }
  return said;
}
