import { isRequired } from './effective-gates';
import type { Finding } from './field-path';
import { type Nearest, suggest } from './nearest';
import { type GateList, gateLists, gatesOfItem, type Named, type Outline } from './outline';

/** What is wrong between gates and policy: equal names, names of nothing, items that nothing would check. */
export function* checkGates(plan: Outline, nearest: Nearest): Generator<Finding> {
  for (const list of gateLists(plan)) yield* checkUnique(list);
  const ofPlan = gateNames(plan.gates === undefined ? [] : [plan.gates]);
  const ofItems = gateNames(gateLists({ ...plan, integration: undefined }));
  yield* checkKnown(plan.integrationNames, ofPlan, 'plan-level gate', nearest);
  yield* checkIntegration(plan);
  // A generated plan with nothing to do may keep its policy.
  if (plan.items.length === 0) return;
  const all = gateNames(gateLists(plan));
  yield* checkKnown(plan.retries, all, 'gate of the plan', nearest);
  for (const list of [plan.requiredGates ?? [], plan.optionalGates, plan.blockOn])
    yield* checkKnown(list, ofItems, 'gate of an item', nearest);
  yield* checkRequired(plan, ofItems);
}

function gateNames(lists: Iterable<GateList>): Set<string> {
  const names = new Set<string>();
  for (const { gates } of lists) for (const { name } of gates) names.add(name);
  return names;
}

function* checkUnique({ gates }: GateList): Generator<Finding> {
  const seen = new Set<string>();
  for (const { name, path } of gates) {
    if (seen.has(name)) {
      const message = `this list has a gate named ${JSON.stringify(name)} already`;
      yield { code: 'duplicate-gate', message, path, hint: 'give every gate of a list its own name' };
    }
    seen.add(name);
  }
}

function* checkKnown(
  names: readonly Named[],
  known: ReadonlySet<string>,
  what: string,
  nearest: Nearest,
): Generator<Finding> {
  for (const { name, ...place } of names) {
    if (known.has(name)) continue;
    const hint = suggest(nearest(name, known), `add a gate of that name, or remove this`);
    yield { code: 'unknown-gate', message: `no ${what} is named ${JSON.stringify(name)}`, ...place, hint };
  }
}

/** What is quarantined verifies nothing. */
function* checkIntegration({ gates, integration, integrationNames }: Outline): Generator<Finding> {
  const quarantined = new Set(gates?.gates.filter((gate) => gate.quarantined).map(({ name }) => name));
  const verify = [
    ...(integration?.gates ?? []).map((gate) => !gate.quarantined),
    ...integrationNames.map(({ name }) => !quarantined.has(name)),
  ];
  if (verify.length === 0 || verify.includes(true)) return;
  const message = 'every integration gate is quarantined, so that nothing checks what lands';
  const hint = 'add one that is not, or write `integration: none` if that is meant';
  yield { code: 'ungated', message, path: ['policy', 'integration', 'gates'], hint };
}

/** Every item has the gates that the policy requires by name, and at least one that is required at all. */
function* checkRequired(plan: Outline, known: ReadonlySet<string>): Generator<Finding> {
  const named = plan.requiredGates?.map(({ name }) => name);
  const wanted = (named ?? []).filter((name) => known.has(name));
  // A misspelt name is one mistake, reported where it is: whichever gate it means, items are not ungated for that.
  const requiredGates = named?.length === wanted.length ? named && new Set(named) : undefined;
  const policy = { requiredGates, optionalGates: new Set(plan.optionalGates.map(({ name }) => name)) };
  const judge = ({ gates, complete }: GateList) => {
    const own = new Set(gates.map(({ name }) => name));
    const lacking = complete ? wanted.filter((name) => !own.has(name)) : [];
    const isGated = gates.some(({ name, quarantined }) => !quarantined && isRequired(name, policy));
    const ungated = complete && !plan.ungatedAllowed && !isGated;
    return { lacking, ungated: ungated && lacking.length === 0 };
  };
  const ofPlan = judge(plan.gates ?? { path: [], gates: [], runtimes: [], complete: true });
  for (const [index, item] of plan.items.entries()) {
    const own = gatesOfItem(item, index);
    const { lacking, ungated } = own === undefined ? ofPlan : judge(own);
    if (lacking.length === 0 && !ungated) continue;
    const path = own?.path ?? ['items', index];
    for (const name of lacking) {
      const message = `the required gate ${JSON.stringify(name)} is missing here`;
      const hint = 'add it to this item, or take it out of `policy.requiredGates`';
      yield { code: 'missing-gate', message, path, hint };
    }
    const hint = 'add a gate to the item or the plan, or say `policy.ungated: allow`';
    const message = 'this item has no required gate (a quarantined one is not required)';
    if (ungated) yield { code: 'ungated', message, path, hint };
  }
}
