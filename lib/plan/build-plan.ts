import { availableParallelism } from 'node:os';
import { effectiveGates } from './effective-gates';
import type { Gate, Integration, Item, ItemGate, Plan } from './plan';
import type { PlanDocument } from './schema';

/**
 * The plan that a valid document stands for: the defaults that depend on the machine or on other fields are
 * filled in, and every item has its own effective gates (items without gates share one list).
 * @param repository where the repository is, absolute
 */
export function buildPlan(document: PlanDocument, repository: string): Plan {
  const { policy } = document;
  const rules = {
    requiredGates: policy.requiredGates && new Set(policy.requiredGates),
    optionalGates: new Set(policy.optionalGates),
    blockOn: new Set(policy.blockOn),
  };
  const shared = effectiveGates(document.gates, rules);
  return {
    repository,
    target: document.target,
    items: document.items.map((item) =>
      buildItem(item, item.gates === undefined ? shared : effectiveGates(item.gates, rules)),
    ),
    policy: {
      maxWorkers: policy.maxWorkers ?? availableParallelism(),
      mergeStrategy: policy.mergeStrategy,
      integration: buildIntegration(policy.integration, document.gates),
      retries: new Map(Object.entries(policy.retries)),
      performance: { ...policy.performance, maxMemoryMB: policy.performance.maxMemoryMB },
    },
  };
}

function buildItem(item: PlanDocument['items'][number], gates: readonly ItemGate[]): Item {
  return {
    name: item.name,
    branch: item.branch ?? item.name,
    branchGiven: item.branch !== undefined,
    sha: item.sha?.toLowerCase(),
    deps: item.deps,
    gates,
  };
}

function buildIntegration(
  integration: PlanDocument['policy']['integration'],
  planGates: readonly Gate[],
): Integration {
  if (integration === 'none') return { kind: 'none' };
  const byName = new Map(planGates.map((gate) => [gate.name, gate]));
  const gates = integration?.gates?.map((gate) => (typeof gate === 'string' ? byName.get(gate)! : gate));
  return { kind: 'gates', gates, maxRetries: integration?.maxRetries ?? 3 };
}
