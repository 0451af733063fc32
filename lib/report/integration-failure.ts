import { ItemStatus, TaskStatus } from '../run/state';
import { howItFailed } from './how-it-failed';
import type { Evicted } from './outcome';
import type { Told } from './reason';
import { REASON_WORDS } from './reason-words';

/** Why an item has failed whose own gates have passed: `integration-failed: …`. */
export function integrationReason(told: Told, item: number): string {
  const eviction = evictionOf(told, item);
  return `integration-failed: ${eviction === undefined ? ofTheWeave(told) : ofTheItem(told, eviction)}`;
}

/** What is known of an item that was found to break the weave; undefined for all others. */
export function evictionOf({ history, state }: Told, item: number): Evicted | undefined {
  return state.items[item] === ItemStatus.integrationFailed ? history.evicted.get(item) : undefined;
}

function ofTheItem({ load, ordered, record }: Told, { task, results, after, clash }: Evicted): string {
  const name = (at: number) => ordered.items[at]!.name;
  const how = howItFailed(load, task, results.at(-1), ' on the weave with it');
  const without = after < 0 ? record.plan.target : `the weave up to ${name(after)}`;
  const one = clash.length > 1 ? 'one of ' : '';
  const whom = clash.length === 0 ? '' : `; it clashes with ${one}${clash.map(name).join(', ')}`;
  return `${how}; ${without} passes without it${whom}`;
}

/** The whole weave has failed, and nobody in it is to blame, or it is not known who. */
function ofTheWeave({ load, state, history, record }: Told): string {
  const { gaveUp } = history;
  if (gaveUp?.why === 'base') {
    const how = howItFailed(load, gaveUp.task, gaveUp.results.at(-1), ` on ${record.plan.target} as it is`);
    return `${how}; ${REASON_WORDS.mendFirst}`;
  }
  const reasons: string[] = [];
  for (let task = load.firstTask[state.items.length]!; task < load.firstProbe; task++) {
    if (state.tasks[task] !== TaskStatus.failed || !load.tasks[task]!.blocking) continue;
    reasons.push(howItFailed(load, task, history.attempts.get(task)?.at(-1), ' on the woven commit'));
  }
  const { probes } = state.weave;
  const limit = `; which item breaks it was not found with ${probes} probes (policy.integration.maxProbes)`;
  return `${reasons.join('; ')}${gaveUp === undefined ? '' : limit}`;
}
