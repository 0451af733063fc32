import type { OrderedPlan } from '../plan/order';
import type { Gate, Policy } from '../plan/plan';

/**
 * What has to pass on the woven commit: the policy's integration gates, or the union of the items' required gates,
 * distinct by definition. With each gate go the items that ask for it; undefined: any.
 */
export function verificationGates(
  ordered: OrderedPlan,
  policy: Policy,
): [Gate, ReadonlySet<number> | undefined][] {
  if (policy.integration.kind === 'none') return [];
  if (policy.integration.gates !== undefined)
    return policy.integration.gates.map((gate) => [gate, undefined]);
  const union = new Map<string, [Gate, Set<number>]>();
  ordered.items.forEach((item, position) => {
    for (const { gate, required } of item.gates) {
      if (!required) continue;
      const key = gateDefinition(gate);
      const known = union.get(key);
      if (known === undefined) union.set(key, [gate, new Set([position])]);
      else known[1].add(position);
    }
  });
  return [...union.values()];
}

/** Two gates with the same text here are the same gate, wherever in the plan they stand. */
export function gateDefinition(gate: Gate): string {
  const env = Object.keys(gate.env)
    .sort()
    .map((key) => [key, gate.env[key]]);
  return JSON.stringify([
    gate.name,
    gate.run,
    gate.cwd,
    env,
    gate.timeoutSeconds,
    gate.runtime,
    gate.artifacts,
    gate.cache,
    ...(gate.image === undefined ? [] : [gate.image]),
    ...(gate.flaky === undefined ? [] : [{ flaky: gate.flaky }]),
  ]);
}
