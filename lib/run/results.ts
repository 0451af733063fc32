import { abandonRound, notePoint } from './bisect';
import type { Draft } from './draft';
import { learn } from './grouping';
import { failItem, gatePassed, passItem, queueTask, setItem, skipTasks } from './items';
import type { GateResult, LandingResult, MergeResult, Result } from './messages';
import { ItemStatus, TaskStatus, type Work } from './state';
import { endUndecided, skipAll, stopNow } from './stopping';
import { overrideOf } from './waived';
import { stillCounts } from './wanted';
import { endWith, weaveAgain } from './weaving';

/** A gate whose worker is lost this often fails; weaving or landing lost this often ends the run. */
export const MAX_LOSSES = { gate: 3, merge: 5 } as const;

/**
 * What a lane's work came to, taken into the state. Work without a result goes back.
 * @param lost why there are no results, where the worker was lost: that happens to one piece of work so often
 */
export function takeResults(
  draft: Draft,
  lane: number,
  work: Work,
  results: readonly Result[],
  lost: string | undefined,
): void {
  if (work.kind === 'sleep') return;
  if (lost !== undefined) draft.events.push({ event: 'lost', lane, why: lost, at: draft.now });
  const { round } = draft.state.weave;
  const record = (result: Result) => draft.events.push({ event: 'result', lane, round, ...result });
  if (work.kind === 'gates') {
    for (const { task, attempt } of work.tasks) {
      const result = results.find((r) => r.kind === 'gate' && r.task === task && r.attempt === attempt);
      const taken = result?.kind === 'gate' ? result : lossOf(draft, task, attempt, lost);
      if (taken === undefined) {
        if (lost === undefined && work.tasks.length > 1)
          draft.events.push({ event: 'give-back', task, lane, at: draft.now });
        giveBack(draft, task);
      } else {
        record(taken);
        takeGate(draft, taken);
      }
    }
    return;
  }
  const { weave } = draft.state;
  weave.busy = false;
  // What left results was not lost, whatever became of its worker after that.
  weave.lost = lost === undefined || results.length > 0 ? 0 : weave.lost + 1;
  if (weave.lost >= MAX_LOSSES.merge) {
    stopNow(draft, ItemStatus.engineFault, lossOfWeave(draft, work, lost));
    return;
  }
  if (work.kind === 'merge' && draft.state.phase === 'done') return;
  for (const result of results) {
    // What is left is about a weave that is given up.
    if (weave.round !== draft.state.weave.round) return;
    if (work.kind === 'merge' && result.kind === 'merge' && work.items.includes(result.item)) {
      record(result);
      takeMerge(draft, result);
    } else if (work.kind === 'land' && result.kind === 'land') {
      record(result);
      takeLanding(draft, result, work.items);
    } else if (result.kind === 'land') {
      record(result);
      takeTarget(draft, result);
    }
  }
}

/** The failure of a task that was lost too often; undefined for one that may be tried again. */
function lossOf(
  { state, now }: Draft,
  task: number,
  attempt: number,
  lost: string | undefined,
): GateResult | undefined {
  if (lost === undefined) return undefined;
  const losses = (state.losses.get(task) ?? 0) + 1;
  state.losses.set(task, losses);
  if (losses < MAX_LOSSES.gate) return undefined;
  const note = `its worker was lost ${losses} times: ${lost}`;
  return { kind: 'gate', task, attempt, outcome: 'fail', startedAt: now, endedAt: now, exitCode: null, note };
}

function lossOfWeave({ state }: Draft, work: Work, lost: string | undefined): string {
  if (work.kind !== 'land') return `weaving was lost ${state.weave.lost} times: ${lost}`;
  const isUnknown = state.stopping === undefined ? '' : '; whether the target has it is not known';
  return `landing was lost ${state.weave.lost} times: ${lost}${isUnknown}`;
}

/** What a lane held when it was lost becomes ready again. */
export function giveBackWork(draft: Draft, work: Work): void {
  if (work.kind === 'gates') for (const { task } of work.tasks) giveBack(draft, task);
  else if (work.kind !== 'sleep') draft.state.weave.busy = false;
}

function giveBack(draft: Draft, task: number): void {
  const { item } = draft.load.tasks[task]!;
  draft.state.unfinishedTasks -= 1;
  if (overrideOf(draft.state, task) !== undefined) draft.state.tasks[task] = TaskStatus.passed;
  else if (!stillCounts(draft.load, draft.state, item)) draft.state.tasks[task] = TaskStatus.skipped;
  else queueTask(draft, task);
}

function takeGate(draft: Draft, result: GateResult): void {
  const { load, state } = draft;
  const task = load.tasks[result.task]!;
  state.attempts[result.task] = result.attempt;
  if (hasRun(result)) learn(load, state, result.task, result.endedAt - result.startedAt);
  state.unfinishedTasks -= 1;
  const isOverridden = overrideOf(state, result.task) !== undefined;
  const failed = !isOverridden && (result.outcome === 'fail' || result.outcome === 'timeout');
  if (failed && result.attempt < task.maxAttempts && stillCounts(load, state, task.item)) {
    retry(draft, result.task, task.backoffMs);
    return;
  }
  state.tasks[result.task] = failed
    ? TaskStatus.failed
    : isOverridden || result.outcome === 'pass'
      ? TaskStatus.passed
      : TaskStatus.skipped;
  if (task.item < 0) {
    state.verifying -= 1;
    return;
  }
  // It has been decided without this gate.
  if (!stillCounts(load, state, task.item) || isOverridden) return;
  switch (result.outcome) {
    case 'pass':
      if (task.blocking) gatePassed(draft, task.item);
      break;
    case 'fail':
    case 'timeout':
      if (task.blocking) failItem(draft, task.item, ItemStatus.gateFailed);
      break;
    case 'empty':
      skipTasks(draft, task.item);
      if (state.items[task.item] === ItemStatus.open) passItem(draft, task.item);
      break;
    case 'conflict':
      failItem(draft, task.item, ItemStatus.conflict);
      break;
    case 'unrelated':
      failItem(draft, task.item, ItemStatus.unrelated);
      break;
  }
}

const hasRun = ({ cached, outcome }: GateResult) =>
  !cached && (outcome === 'pass' || outcome === 'fail' || outcome === 'timeout');

function retry(draft: Draft, task: number, backoffMs: number): void {
  const { state, now } = draft;
  draft.events.push({ event: 'retry', task, attempt: state.attempts[task]! + 1, at: now + backoffMs });
  if (backoffMs === 0) {
    queueTask(draft, task);
    return;
  }
  state.tasks[task] = TaskStatus.delayed;
  state.unfinishedTasks += 1;
  state.delayed.push({ task, until: now + backoffMs });
}

const WEAVE_FAILURE = {
  gone: ItemStatus.targetMoved,
  conflict: ItemStatus.conflict,
  unrelated: ItemStatus.unrelated,
  'not-linearizable': ItemStatus.notLinearizable,
} as const;

function takeMerge(draft: Draft, { item, result, present, onto }: MergeResult): void {
  const { weave } = draft.state;
  if (weave.tip.chain === weave.base) weave.baseTree = onto;
  if (result.kind === 'woven') {
    weave.tip = result.tip;
    setItem(draft, item, ItemStatus.woven);
    notePoint(draft, item);
  } else if (result.kind === 'nothing') {
    setItem(draft, item, present ? ItemStatus.present : ItemStatus.woven);
    notePoint(draft, item);
  } else if (weave.search !== undefined) abandonRound(draft);
  else failItem(draft, item, WEAVE_FAILURE[result.kind]);
}

/** What weaving met instead of the commit to weave on: the target has left it, and it is nowhere any more. */
function takeTarget(draft: Draft, { result }: LandingResult): void {
  const { load, state } = draft;
  const isMoved = result.kind === 'target-moved';
  if (isMoved && state.weave.retries < load.maxRetries) {
    state.weave.retries += 1;
    weaveAgain(draft, result.now);
  } else {
    skipAll(draft);
    endUndecided(draft, isMoved ? ItemStatus.targetMoved : ItemStatus.targetGone);
  }
}

function takeLanding(draft: Draft, { result }: LandingResult, items: readonly number[]): void {
  const { load, state } = draft;
  if (state.stopping !== undefined && result.kind !== 'landed') {
    endUndecided(draft, state.stopping);
    return;
  }
  switch (result.kind) {
    case 'landed':
      // Faster than whoever wanted to stop it.
      state.stopping = undefined;
      endWith(draft, undefined);
      break;
    case 'target-moved':
      state.weave.retries += 1;
      if (state.weave.retries > load.maxRetries) endWith(draft, ItemStatus.targetMoved);
      else weaveAgain(draft, result.now);
      break;
    case 'head-moved':
      for (const { item } of result.moved)
        if (items.includes(item)) failItem(draft, item, ItemStatus.headMoved);
      weaveAgain(draft, state.weave.base);
      break;
    case 'target-dirty':
      endWith(draft, ItemStatus.targetDirty);
      break;
    case 'target-gone':
      endWith(draft, ItemStatus.targetGone);
      break;
    case 'refused':
      endWith(draft, ItemStatus.landingRefused);
      break;
  }
}
