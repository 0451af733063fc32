import { availableParallelism } from 'node:os';
import { effectiveGates } from './effective-gates';
import { DEFAULT_MAX_CLASH_PROBES, DEFAULT_MAX_PROBES } from './limits';
import type { Gate, Integration, Item, ItemGate, Performance, Plan } from './plan';
import { PERFORMANCE_DEFAULTS, presetFor } from './presets';
import type { PlanDocument } from './schema';

/**
 * The plan that a valid document stands for: the defaults that depend on the machine or on other fields are
 * filled in, and every item has its own effective gates (items without gates share one list).
 * @param repository where the repository is, absolute
 * @param workers where the plan does not say how many; default: the processor cores of this machine
 */
export function buildPlan(
  document: PlanDocument,
  repository: string,
  workers = availableParallelism(),
): Plan {
  const { policy } = document;
  const rules = {
    requiredGates: policy.requiredGates && new Set(policy.requiredGates),
    optionalGates: new Set(policy.optionalGates),
    blockOn: new Set(policy.blockOn),
  };
  const shared = effectiveGates(document.gates, rules);
  const preset = presetFor(policy.preset, document.items.length);
  return {
    repository,
    target: document.target,
    items: document.items.map((item) =>
      buildItem(item, item.gates === undefined ? shared : effectiveGates(item.gates, rules)),
    ),
    policy: {
      maxWorkers: policy.maxWorkers ?? preset?.maxWorkers ?? workers,
      mergeStrategy: policy.mergeStrategy,
      failFast: policy.failFast,
      freeze: policy.freeze,
      speculation: policy.speculation,
      overrides: policy.overrides,
      integration: buildIntegration(policy.integration, document.gates),
      retries: new Map(Object.entries(policy.retries)),
      performance: { ...PERFORMANCE_DEFAULTS, ...preset?.performance, ...given(policy.performance) },
    },
  };
}

/** The fields that are there. */
function given(performance: PlanDocument['policy']['performance']): Partial<Performance> {
  return Object.fromEntries(Object.entries(performance).filter(([, value]) => value !== undefined));
}

function buildItem(item: PlanDocument['items'][number], gates: readonly ItemGate[]): Item {
  return {
    name: item.name,
    branch: item.branch ?? item.name,
    branchGiven: item.branch !== undefined,
    sha: item.sha?.toLowerCase(),
    deps: item.deps,
    priority: item.priority,
    hotfix: item.hotfix,
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
  return {
    kind: 'gates',
    gates,
    maxRetries: integration?.maxRetries ?? 3,
    maxProbes: integration?.maxProbes ?? DEFAULT_MAX_PROBES,
    maxClashProbes: integration?.maxClashProbes ?? DEFAULT_MAX_CLASH_PROBES,
  };
}
