import type { OrderedPlan } from '../plan/order';
import type { RunRecord } from '../run/record';
import { ItemStatus, type RunState, TaskStatus } from '../run/state';
import type { Workload } from '../run/workload';
import { howItFailed } from './how-it-failed';
import { integrationReason } from './integration-failure';
import { blockedPath, type History } from './outcome';
import { REASON_WORDS } from './reason-words';

export interface Told {
  readonly record: RunRecord;
  readonly ordered: OrderedPlan;
  readonly load: Workload;
  readonly state: RunState;
  readonly history: History;
  /** As `blame`. */
  readonly through: readonly number[];
}

const UNFINISHED = 'unfinished: the run was stopped; go on with lex-pr resume';

/** Why an item is where it is, as `code: words that a person can act on`; null for one that simply merged. */
export function reasonOf(told: Told, item: number): string | null {
  const { record, state, history, ordered } = told;
  const { target } = record.plan;
  switch (state.items[item]) {
    case ItemStatus.passed:
      return told.load.gatesOnly ? null : UNFINISHED;
    case ItemStatus.present:
      return `nothing to do: ${target} holds this change already`;
    case ItemStatus.woven:
      return history.merges.get(item)?.result.kind === 'nothing'
        ? 'nothing to do: the items before it make the same change'
        : null;
    case ItemStatus.gateFailed:
      return `gate-failed: ${failedGates(told, item).join('; ')}`;
    case ItemStatus.blocked: {
      const names = blockedPath(told.through, state, item).map((at) => ordered.items[at]!.name);
      return `blocked: ${names.join(' → ')}`;
    }
    case ItemStatus.conflict:
      return conflictReason(told, item);
    case ItemStatus.unrelated:
      return `unrelated-history: ${short(record.heads[item]!.sha)} and ${target} have no common ancestor`;
    case ItemStatus.notLinearizable: {
      const result = history.merges.get(item)?.result;
      return `not-linearizable: ${result?.kind === 'not-linearizable' ? result.detail : 'its commits do not line up'}`;
    }
    case ItemStatus.headMoved:
      return headMovedReason(told, item);
    case ItemStatus.integrationFailed:
      return integrationReason(told, item);
    case ItemStatus.targetMoved:
      if (history.merges.get(item)?.result.kind === 'gone')
        return `target-moved: ${target} held this change, and does not any more; no gate has run on it; run again`;
      return `target-moved: ${target} moved ${state.weave.retries} times while this run was landing; run again`;
    case ItemStatus.targetDirty:
      return `target-dirty: ${landing(told, 'target-dirty')?.files.join(', ')}; commit or stash, then run again`;
    case ItemStatus.targetGone:
      return `target-gone: the branch ${target} ${REASON_WORDS.deleted}`;
    case ItemStatus.landingRefused:
      return `landing-refused: ${landing(told, 'refused')?.message}`;
    case ItemStatus.cancelled:
      return `cancelled: ${told.history.stopped ?? 'the run was cancelled'}`;
    case ItemStatus.engineFault:
      return `engine-fault: ${told.history.stopped ?? 'the run could not go on'}; run again`;
    case ItemStatus.failFast: {
      const first = ordered.items[history.firstFailed ?? -1];
      return `fail-fast: ${first?.name ?? 'another item'} failed`;
    }
    default:
      return UNFINISHED;
  }
}

function failedGates({ load, state, history }: Told, item: number): string[] {
  const reasons: string[] = [];
  for (let task = load.firstTask[item]!; task < load.firstTask[item + 1]!; task++) {
    if (state.tasks[task] !== TaskStatus.failed || !load.tasks[task]!.blocking) continue;
    reasons.push(howItFailed(load, task, history.attempts.get(task)?.at(-1)));
  }
  return reasons;
}

function conflictReason({ load, ordered, history }: Told, item: number): string {
  const woven = history.merges.get(item)?.result;
  if (woven?.kind === 'conflict') {
    if (woven.paths.length === 0) return GIT_FAILS;
    const others = woven.with.length === 0 ? 'the target' : woven.with.join(', ');
    return `conflict: in ${woven.paths.join(', ')} with ${others}; merge ${woven.with.length > 1 ? 'them' : 'that'} into it first`;
  }
  for (let task = load.firstTask[item]!; task < load.firstTask[item + 1]!; task++) {
    const result = history.attempts.get(task)?.find(({ outcome }) => outcome === 'conflict');
    if (result?.paths === undefined) continue;
    if (result.paths.length === 0) return GIT_FAILS;
    const at =
      result.at === undefined || result.at === item
        ? ''
        : ` of its dependency ${ordered.items[result.at]!.name}`;
    return `conflict: in ${result.paths.join(', ')}${at} with the target or a dependency; merge that into it first`;
  }
  return 'conflict: it does not merge';
}

const GIT_FAILS =
  'conflict: git has a bug with merging it and what comes before it; merge the target into it';

function headMovedReason(told: Told, item: number): string {
  const { branch } = told.ordered.items[item]!;
  const { sha } = told.record.heads[item]!;
  const seen = told.history.landings
    .flatMap(({ result }) => (result.kind === 'head-moved' ? result.moved : []))
    .find((moved) => moved.item === item);
  if (seen === undefined) {
    const pinned = told.ordered.items[item]!.sha;
    return `head-moved: ${branch} names ${short(sha)}, the plan pins ${short(pinned ?? sha)}; ${REASON_WORDS.planAgain}`;
  }
  return seen.now === undefined
    ? `head-moved: the branch ${branch} ${REASON_WORDS.deleted}`
    : `head-moved: ${branch} moved from ${short(sha)} to ${short(seen.now)} during the run; run again`;
}

function landing<K extends 'target-dirty' | 'refused'>(told: Told, kind: K) {
  const last = told.history.landings.at(-1)?.result;
  return last?.kind === kind ? (last as Extract<typeof last, { kind: K }>) : undefined;
}

const short = (sha: string) => sha.slice(0, 10);
