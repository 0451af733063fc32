import type { Item, Plan } from './plan';

/** Priorities lie between this and its negative. */
export const MAX_PRIORITY = 1_000_000;
/** More than two priorities can lie apart. */
const HOTFIX = 4 * MAX_PRIORITY;

type Ranked = Pick<Item, 'priority' | 'hotfix'>;

/** How urgent an item is by itself: its priority, and above all priorities the hot-fixes, by theirs. */
export const urgencyOf = ({ priority = 0, hotfix = false }: Ranked): number =>
  (hotfix ? HOTFIX : 0) + priority;

/** Whether the plan has something that is not to wait for other runs. */
export const hasHotfix = ({ items }: Pick<Plan, 'items'>): boolean =>
  items.some(({ hotfix = false }) => hotfix);

/**
 * How urgent each item is once it counts for no less than what depends on it: else an urgent item would wait for a
 * dependency that lets others go first (priority inheritance). O(items log items + dependencies).
 * @param depsOf indices of the direct dependencies of an item
 */
export function inheritUrgency(
  items: readonly Ranked[],
  depsOf: (item: number) => ArrayLike<number>,
): number[] {
  const own = items.map(urgencyOf);
  const [first] = own;
  if (own.every((urgency) => urgency === first)) return own;
  const inherited = new Array<number | undefined>(own.length);
  // The first to reach an item is the most urgent one that depends on it.
  for (const start of own.map((_, item) => item).sort((a, b) => own[b]! - own[a]!)) {
    const reached = [start];
    for (let item = reached.pop(); item !== undefined; item = reached.pop()) {
      if (inherited[item] !== undefined) continue;
      inherited[item] = own[start]!;
      const deps = depsOf(item);
      for (let k = 0; k < deps.length; k++) reached.push(deps[k]!);
    }
  }
  return inherited as number[];
}
