import type { Gate, ItemGate } from './plan';

/** The names that a policy gives to gates; `undefined` required gates are all of them. */
export interface GatePolicy {
  readonly requiredGates: ReadonlySet<string> | undefined;
  readonly optionalGates: ReadonlySet<string>;
  readonly blockOn: ReadonlySet<string>;
}

/** Required: not in `optionalGates`, and in `requiredGates` where that is given. */
export function isRequired(name: string, policy: Omit<GatePolicy, 'blockOn'>): boolean {
  return !policy.optionalGates.has(name) && (policy.requiredGates?.has(name) ?? true);
}

export const isQuarantined = ({ flaky }: Pick<Gate, 'flaky'>): boolean => flaky === 'quarantine';

/** Gates as they apply to an item: blocking are the required ones and those in `blockOn`, none that is quarantined. */
export function effectiveGates(gates: readonly Gate[], policy: GatePolicy): ItemGate[] {
  return gates.map((gate) => {
    const required = isRequired(gate.name, policy) && !isQuarantined(gate);
    const blocks = policy.blockOn.has(gate.name) && !isQuarantined(gate);
    return { gate, required, blocking: required || blocks };
  });
}
