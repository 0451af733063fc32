import { InputError, type Problem } from '../../errors';
import type { Gate, Plan } from '../../plan/plan';

/** A function lives 15 minutes; the rest is for bringing the candidate and storing the log. */
export const MAX_GATE_SECONDS = 840;
/** More would not fit into the state's row with room to spare. */
export const MAX_ITEMS = 50_000;

/**
 * What the aws engine cannot run, though it is a valid plan.
 * @throws InputError with every problem
 */
export function checkAwsPlan(plan: Plan): void {
  const problems: Problem[] = [];
  if (plan.items.length > MAX_ITEMS)
    problems.push({
      code: 'too-many-items',
      message: `the plan has ${plan.items.length} items; the aws engine runs at most ${MAX_ITEMS} at once`,
      path: 'items',
      hint: 'split the plan, or use --engine local',
    });
  const seen = new Set<Gate>();
  const check = (gate: Gate, path: string) => {
    if (seen.has(gate) || gate.timeoutSeconds <= MAX_GATE_SECONDS) return;
    seen.add(gate);
    problems.push({
      code: 'gate-too-long',
      message: `gate ${JSON.stringify(gate.name)} may take ${gate.timeoutSeconds} s; a function of the aws engine runs a gate for at most ${MAX_GATE_SECONDS} s`,
      path: `${path}.timeoutSeconds`,
      hint: `make it ${MAX_GATE_SECONDS} or less, or use --engine local`,
    });
  };
  plan.items.forEach(({ gates }, item) => {
    for (const [k, { gate }] of gates.entries()) check(gate, `items[${item}].gates[${k}]`);
  });
  const { integration } = plan.policy;
  if (integration.kind === 'gates')
    for (const [k, gate] of (integration.gates ?? []).entries())
      check(gate, `policy.integration.gates[${k}]`);
  if (problems.length > 0) throw new InputError(problems);
}
