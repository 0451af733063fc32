import { isOut, type Override, type RunState } from './state';
import { gateDefinition } from './verification';
import type { Workload } from './workload';

/** The override of a task, if there is one. */
export const overrideOf = ({ overrides }: Pick<RunState, 'overrides'>, task: number): Override | undefined =>
  overrides.find((override) => override.task === task);

/**
 * Whether an item asks for a gate of the verification. One that is let through without a gate asks for that no more.
 * @param index of the gate among those of the verification
 */
export function asks(
  load: Workload,
  { overrides }: Pick<RunState, 'overrides'>,
  item: number,
  index: number,
): boolean {
  const asking = load.askedBy[index];
  if (asking === undefined) return true;
  if (!asking.has(item)) return false;
  const of = (task: number) => gateDefinition(load.tasks[task]!.gate);
  const verifies = load.firstTask[load.deps.length]! + index;
  return !overrides.some(({ task }) => load.tasks[task]!.item === item && of(task) === of(verifies));
}

/** Where a gate that is overridden for an item verifies the woven commit all the same. */
export interface StillVerified {
  /** Items that ask for it, none of which is out. */
  readonly by: readonly number[];
  /** The names of the other gates of the verification. */
  readonly besides: readonly string[];
}

/**
 * Whether an override of a task helps less than who gives it may think: other items ask for the same gate on the woven
 * commit, where it fails once more if it is really that item's fault. Undefined where nobody does.
 */
export function stillVerified(
  load: Workload,
  state: Pick<RunState, 'overrides' | 'items'>,
  task: number,
): StillVerified | undefined {
  if (load.gatesOnly) return undefined;
  const { item, gate } = load.tasks[task]!;
  const verification = load.tasks.slice(load.firstTask[load.deps.length]!, load.firstProbe);
  const definition = gateDefinition(gate);
  const index = verification.findIndex((verifying) => gateDefinition(verifying.gate) === definition);
  const by = [...(load.askedBy[index] ?? [])].filter(
    (other) => other !== item && !isOut(state.items[other]!) && asks(load, state, other, index),
  );
  if (by.length === 0) return undefined;
  const others = verification.filter(({ blocking }, at) => blocking && at !== index);
  return { by, besides: [...new Set(others.map((other) => other.gate.name))] };
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
