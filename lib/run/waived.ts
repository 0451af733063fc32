import type { Override, RunState } from './state';
import { gateDefinition } from './verification';
import type { Workload } from './workload';

/** The override of a task, if there is one. */
export const overrideOf = ({ overrides }: Pick<RunState, 'overrides'>, task: number): Override | undefined =>
  overrides.find((override) => override.task === task);

/**
 * Whether an item asks for a gate of the verification. One that is let through without a gate asks for that no more.
 * @param index of the gate among those of the verification
 */
export function asks(load: Workload, { overrides }: RunState, item: number, index: number): boolean {
  const asking = load.askedBy[index];
  if (asking === undefined) return true;
  if (!asking.has(item)) return false;
  const of = (task: number) => gateDefinition(load.tasks[task]!.gate);
  const verifies = load.firstTask[load.deps.length]! + index;
  return !overrides.some(({ task }) => load.tasks[task]!.item === item && of(task) === of(verifies));
}

/** An override as the item's commit tells of it. */
export interface ToldOverride {
  readonly item: number;
  readonly gate: string;
  readonly user: string;
  readonly reason: string;
}

/** The overrides with which items are woven. */
export function overridesOf(load: Workload, state: RunState, items: readonly number[]): ToldOverride[] {
  return state.overrides.flatMap(({ task, user, reason }) => {
    const { item, gate } = load.tasks[task]!;
    return items.includes(item) ? [{ item, gate: gate.name, user, reason }] : [];
  });
}
