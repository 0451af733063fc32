import type { GateCache } from '../plan/plan';
import type { RunRecord } from '../run/record';
import type { Task } from '../run/workload';

const OF_TREE = ['LEX_PR', 'LEX_PR_GATE', 'LEX_PR_TREE'];

/** The variables that a gate gets, by what its result may be reused for. */
const GATE_VARIABLES: Readonly<Record<GateCache, readonly string[]>> = {
  tree: OF_TREE,
  commit: [...OF_TREE, 'LEX_PR_COMMIT'],
  off: [
    ...OF_TREE,
    'LEX_PR_COMMIT',
    'LEX_PR_BASE',
    'LEX_PR_TARGET',
    'LEX_PR_RUN',
    'LEX_PR_ATTEMPT',
    'LEX_PR_ITEM',
    'LEX_PR_HEAD',
  ],
};

/**
 * A gate whose result may be reused for the same tree is told nothing that is not a function of the tree, or
 * its result could depend on it.
 */
export function gateVariables(
  record: RunRecord,
  itemNames: readonly string[],
  job: { readonly task: Task; readonly attempt: number },
  tested: { readonly commit: string; readonly tree: string },
): Record<string, string> {
  const { gate, item } = job.task;
  const values: Record<string, string> = {
    LEX_PR: '1',
    LEX_PR_GATE: gate.name,
    LEX_PR_TREE: tested.tree,
    LEX_PR_COMMIT: tested.commit,
    LEX_PR_BASE: record.base,
    LEX_PR_TARGET: record.plan.target,
    LEX_PR_RUN: record.id,
    LEX_PR_ATTEMPT: String(job.attempt),
  };
  if (item >= 0) {
    values.LEX_PR_ITEM = itemNames[item]!;
    values.LEX_PR_HEAD = record.heads[item]!.sha;
  }
  const allowed = GATE_VARIABLES[gate.cache];
  return Object.fromEntries(Object.entries(values).filter(([name]) => allowed.includes(name)));
}
