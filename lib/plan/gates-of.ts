import type { Gate, Plan } from './plan';

/** Every gate that a run of the plan may run; those that several items share only once. */
export function gatesOf({ items, policy: { integration } }: Plan): Set<Gate> {
  const ofItems = items.flatMap(({ gates }) => gates.map(({ gate }) => gate));
  return new Set([...ofItems, ...(integration.kind === 'gates' ? (integration.gates ?? []) : [])]);
}
