import type { OrderedPlan } from '../plan/order';
import type { Override, RunState } from '../run/state';
import { stillVerified } from '../run/waived';
import type { Workload } from '../run/workload';

/** So many items are named. */
const NAMED = 3;

/** What to tell at once who answers for a gate which verifies the woven commit as well: there it counts. */
export function overrideWarnings(
  load: Workload,
  { items }: OrderedPlan,
  state: Pick<RunState, 'overrides' | 'items'>,
  overrides: readonly Pick<Override, 'task'>[],
): string[] {
  return overrides.flatMap(({ task }) => {
    const still = stillVerified(load, state, task);
    if (still === undefined) return [];
    const { item, gate } = load.tasks[task]!;
    const name = items[item]!.name;
    const by = still.by.map((other) => items[other]!.name);
    const whom =
      by.length > NAMED ? `${by.slice(0, NAMED).join(', ')} and ${by.length - NAMED} more` : by.join(', ');
    const besides =
      still.besides.length === 0
        ? 'verify by another gate (policy.integration.gates)'
        : `name the others in the plan of a run: policy.integration.gates: [${still.besides.join(', ')}]`;
    return [
      `${gate.name} verifies the woven commit as well, for ${whom}: where it fails there because of ${name}, that is left out after all; to land it, ${besides}`,
    ];
  });
}
