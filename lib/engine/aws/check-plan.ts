import { InputError } from '../../errors';
import type { FieldPath, Finding } from '../../plan/field-path';
import type { PlanDocument } from '../../plan/schema';
import { repositoryUrl } from './repository-url';

/** A function lives 15 minutes; the rest is for bringing the candidate and storing the log. */
export const MAX_GATE_SECONDS = 840;
/** CodeBuild takes 36 hours for a build, of which some are for what is around a gate. */
export const MAX_BUILD_SECONDS = 36 * 3_600;
/** More would not fit into the state's row with room to spare. */
export const MAX_ITEMS = 50_000;

/** What the aws engine cannot run, though it is a valid plan; for `check` of `loadPlan`. */
export function* checkAwsPlan(document: PlanDocument): Generator<Finding> {
  const { repository, items } = document;
  if (repository !== undefined) yield* checkRepository(repository);
  yield* checkGates(document);
  if (items.length > MAX_ITEMS)
    yield {
      code: 'too-many-items',
      message: `the plan has ${items.length} items; the aws engine runs at most ${MAX_ITEMS} at once`,
      path: ['items'],
      hint: 'split the plan, or use --engine local',
    };
}

function* checkRepository(repository: string): Generator<Finding> {
  try {
    repositoryUrl(repository);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const { code, message, hint = '' } of error.problems)
      yield { code, message, hint, path: ['repository'] };
  }
}

/** Gates of the plan count where an item or the integration has them. */
function* checkGates({ gates, items, policy: { integration } }: PlanDocument): Generator<Finding> {
  const ofWeave = integration === undefined || integration === 'none' ? [] : (integration.gates ?? []);
  const isInherited = items.some((item) => item.gates === undefined);
  for (const [k, gate] of gates.entries())
    if (isInherited || ofWeave.includes(gate.name)) yield* checkGate(gate, ['gates', k]);
  for (const [i, item] of items.entries())
    for (const [k, gate] of (item.gates ?? []).entries()) yield* checkGate(gate, ['items', i, 'gates', k]);
  for (const [k, gate] of ofWeave.entries())
    if (typeof gate !== 'string') yield* checkGate(gate, ['policy', 'integration', 'gates', k]);
}

function* checkGate(
  { name, timeoutSeconds, runtime }: PlanDocument['gates'][number],
  path: FieldPath,
): Generator<Finding> {
  // A check elsewhere is only waited for.
  if (runtime === 'ci-service') return;
  const [what, most] =
    runtime === 'container' ? ['build', MAX_BUILD_SECONDS] : ['function', MAX_GATE_SECONDS];
  if (timeoutSeconds <= most) return;
  yield {
    code: 'gate-too-long',
    message: `gate ${JSON.stringify(name)} may take ${timeoutSeconds} s; a ${what} of the aws engine runs a gate for at most ${most} s`,
    path: [...path, 'timeoutSeconds'],
    hint: `make it ${most} or less, ${what === 'build' ? '' : 'use `runtime: container`, '}or use --engine local`,
  };
}
