import { createHash } from 'node:crypto';
import type { Plan } from './plan';
import { urgencyOf } from './priority';

/**
 * SHA-256 (hex) of all that the merge order depends on: names and dependencies, sorted, each once, and what has been
 * said of priorities. It does not depend on the order in which a plan lists them, and as JSON no name can imitate a
 * separator.
 */
export function planSignature(plan: Pick<Plan, 'items'>): string {
  const items = plan.items.map((item) => {
    const urgency = urgencyOf(item);
    return [item.name, [...new Set(item.deps)].sort(), ...(urgency === 0 ? [] : [urgency])] as const;
  });
  items.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return createHash('sha256').update(JSON.stringify(items)).digest('hex');
}
