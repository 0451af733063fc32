import type { FieldPath, Finding } from './field-path';
import type { PlanDocument } from './schema';

type Gate = PlanDocument['gates'][number];

/** What fields of a gate do not go together with where it runs. */
export function* checkRuntimes(document: PlanDocument): Generator<Finding> {
  for (const [gate, path] of gatesOf(document)) {
    if (gate.runtime === 'ci-service' && gate.artifacts.length > 0)
      yield {
        code: 'runtime-conflict',
        message: `gate ${JSON.stringify(gate.name)} runs elsewhere, so its files are not here to keep`,
        path: [...path, 'artifacts'],
        hint: 'keep them where it runs, and answer with a link to it',
      };
  }
}

/** Every gate that stands in the document. */
function* gatesOf({ gates, items, policy }: PlanDocument): Generator<readonly [Gate, FieldPath]> {
  for (const [k, gate] of gates.entries()) yield [gate, ['gates', k]];
  for (const [i, item] of items.entries())
    for (const [k, gate] of (item.gates ?? []).entries()) yield [gate, ['items', i, 'gates', k]];
  const { integration } = policy;
  if (integration === undefined || integration === 'none') return;
  for (const [k, gate] of (integration.gates ?? []).entries())
    if (typeof gate !== 'string') yield [gate, ['policy', 'integration', 'gates', k]];
}
