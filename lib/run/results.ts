import type { Draft } from './draft';
import { failItem, gatePassed, passItem, queueTask, setItem, skipTasks } from './items';
import type { GateResult, LandingResult, MergeResult, Result } from './messages';
import { ItemStatus, TaskStatus, type Work } from './state';
import { endWith, weaveAgain } from './weaving';

/** What a lane's work came to, taken into the state. Work without a result goes back. */
export function takeResults(draft: Draft, lane: number, work: Work, results: readonly Result[]): void {
  const { round } = draft.state.weave;
  const record = (result: Result) => draft.events.push({ event: 'result', lane, round, ...result });
  if (work.kind === 'gates') {
    for (const { task, attempt } of work.tasks) {
      const result = results.find((r) => r.kind === 'gate' && r.task === task && r.attempt === attempt);
      if (result?.kind === 'gate') {
        record(result);
        takeGate(draft, result);
      } else giveBack(draft, task);
    }
    return;
  }
  draft.state.weave.busy = false;
  for (const result of results) {
    if (work.kind === 'merge' && result.kind === 'merge' && work.items.includes(result.item)) {
      record(result);
      takeMerge(draft, result);
    } else if (work.kind === 'land' && result.kind === 'land') {
      record(result);
      takeLanding(draft, result, work.items);
    }
  }
}

/** What a lane held when it was lost becomes ready again. */
export function giveBackWork(draft: Draft, work: Work): void {
  if (work.kind === 'gates') for (const { task } of work.tasks) giveBack(draft, task);
  else draft.state.weave.busy = false;
}

function giveBack(draft: Draft, task: number): void {
  const { item } = draft.load.tasks[task]!;
  draft.state.unfinishedTasks -= 1;
  if (item >= 0 && !stillCounts(draft, item)) draft.state.tasks[task] = TaskStatus.skipped;
  else queueTask(draft, task);
}

/** Whether the gates of an item are still of use: not once it is blocked or cannot be merged. */
function stillCounts(draft: Draft, item: number): boolean {
  const status = draft.state.items[item]!;
  return (
    status <= ItemStatus.present || status === ItemStatus.gateFailed || status >= ItemStatus.integrationFailed
  );
}

function takeGate(draft: Draft, result: GateResult): void {
  const { load, state } = draft;
  const task = load.tasks[result.task]!;
  state.attempts[result.task] = result.attempt;
  state.unfinishedTasks -= 1;
  const failed = result.outcome === 'fail' || result.outcome === 'timeout';
  if (failed && result.attempt < task.maxAttempts && (task.item < 0 || stillCounts(draft, task.item))) {
    retry(draft, result.task, task.backoffMs);
    return;
  }
  state.tasks[result.task] = failed
    ? TaskStatus.failed
    : result.outcome === 'pass'
      ? TaskStatus.passed
      : TaskStatus.skipped;
  if (task.item < 0) {
    state.verifying -= 1;
    return;
  }
  if (!stillCounts(draft, task.item)) return;
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
  conflict: ItemStatus.conflict,
  unrelated: ItemStatus.unrelated,
  'not-linearizable': ItemStatus.notLinearizable,
} as const;

function takeMerge(draft: Draft, { item, result, present }: MergeResult): void {
  if (result.kind === 'woven') {
    draft.state.weave.tip = result.tip;
    setItem(draft, item, ItemStatus.woven);
  } else if (result.kind === 'nothing') {
    setItem(draft, item, present ? ItemStatus.present : ItemStatus.woven);
  } else failItem(draft, item, WEAVE_FAILURE[result.kind]);
}

function takeLanding(draft: Draft, { result }: LandingResult, items: readonly number[]): void {
  const { load, state } = draft;
  switch (result.kind) {
    case 'landed':
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
