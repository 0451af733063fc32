import { InputError, type Problem, refuse } from '../errors';
import { isQuarantined } from '../plan/effective-gates';
import { createNearest, suggest } from '../plan/nearest';
import type { OrderedPlan } from '../plan/order';
import type { Plan } from '../plan/plan';
import type { RunRecord } from '../run/record';
import type { Override } from '../run/state';
import type { Workload } from '../run/workload';

/** What somebody asks for who answers for a gate. */
export interface AskedOverride {
  readonly item: string;
  readonly gate: string;
  /** One of `policy.overrides.adminGreen`. */
  readonly user: string;
  readonly reason: string;
  /** Who asks, as far as that is known. */
  readonly by: string | null;
}

/** The same of a run that is yet to begin: it is for this commit of the item, and no other. */
export interface AskedAtStart extends AskedOverride {
  /** Full commit id. */
  readonly head: string;
}

/**
 * The blocking gate that is meant, by the item's position in merge order and the gate's among its gates.
 * @throws InputError for a user whom the policy does not allow it, and a gate that cannot be overridden at all
 */
export function overridable(
  plan: Plan,
  ordered: OrderedPlan,
  asked: Pick<AskedOverride, 'item' | 'gate' | 'user'>,
): { readonly item: number; readonly gate: number } {
  refuseUser(plan, asked.user);
  const nearest = createNearest();
  const names = ordered.items.map(({ name }) => name);
  const item = names.indexOf(asked.item);
  if (item === -1)
    throw refuse(
      'unknown-item',
      `no item of the plan is named ${JSON.stringify(asked.item)}`,
      suggest(nearest(asked.item, names), 'see lex-pr merge-order'),
    );
  const { gates } = ordered.items[item]!;
  const at = gates.findIndex(({ gate }) => gate.name === asked.gate);
  const quoted = JSON.stringify(asked.gate);
  if (at === -1) {
    refuseIntegration(plan, asked.gate);
    const known = gates.map(({ gate }) => gate.name);
    const hint = suggest(nearest(asked.gate, known), `its gates: ${known.join(', ')}`);
    throw refuse('unknown-gate', `${asked.item} has no gate named ${quoted}`, hint);
  }
  const { blocking, gate } = gates[at]!;
  if (blocking) return { item, gate: at };
  const why = isQuarantined(gate) ? 'is in quarantine' : 'is optional';
  throw refuse('override-needless', `${quoted} ${why}: it blocks nothing`, 'there is nothing to override');
}

function refuseUser({ policy }: Plan, user: string): void {
  const allowed = policy.overrides?.adminGreen ?? [];
  if (allowed.includes(user)) return;
  throw refuse(
    'override-not-allowed',
    `${JSON.stringify(user)} may not override gates of this plan`,
    allowed.length === 0
      ? 'name those who may in `policy.overrides.adminGreen`'
      : `those who may: ${allowed.join(', ')}`,
  );
}

function refuseIntegration({ policy: { integration } }: Plan, gate: string): void {
  if (integration.kind === 'none' || !integration.gates?.some(({ name }) => name === gate)) return;
  throw refuse(
    'integration-gate',
    `${JSON.stringify(gate)} verifies the woven commit and cannot be overridden: what lands has to be tested`,
    'mend what fails, or change `policy.integration`',
  );
}

/**
 * The overrides with which a run is to begin, as its record has them.
 * @param heads by merge order
 * @throws InputError with all that are not allowed, or are for another commit than the item's head
 */
export function overridesAtStart(
  plan: Plan,
  ordered: OrderedPlan,
  heads: readonly { readonly sha: string }[],
  asked: readonly AskedAtStart[],
): NonNullable<RunRecord['overrides']> {
  const problems: Problem[] = [];
  const found = asked.flatMap((one) => {
    try {
      const { item, gate } = overridable(plan, ordered, one);
      const { sha } = heads[item]!;
      if (sha !== one.head.toLowerCase())
        throw refuse(
          'override-head',
          `${one.item} is at ${sha}, and the override of ${one.gate} is for ${one.head}`,
          'look at what has changed since; then override the gate for that commit',
        );
      return [{ item, gate, user: one.user, reason: one.reason, by: one.by }];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new InputError(problems);
  return found;
}

/** The overrides with which a run begins, as its state has them. */
export const recordedOverrides = (
  load: Workload,
  { overrides = [], startedAt }: Pick<RunRecord, 'overrides' | 'startedAt'>,
): Override[] =>
  overrides.map(({ item, gate, ...rest }) => ({
    task: load.firstTask[item]! + gate,
    ...rest,
    at: startedAt,
  }));
