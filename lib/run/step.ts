import type { Draft } from './draft';
import { failFast } from './fail-fast';
import { expectedMs, groupSize, mostAtOnce } from './grouping';
import { heldBy, noteHold, setPause } from './hold';
import { failItem, lineUpTask, openRoots } from './items';
import type { Answer, Input, RunEvent } from './messages';
import { applyOverride } from './override';
import { pop } from './ready-queue';
import { giveBackWork, takeResults } from './results';
import { queueAhead, roomAhead, takeAhead } from './speculation';
import {
  copyState,
  ItemStatus,
  lanesWithGates,
  newLanes,
  type Override,
  type Pause,
  type RunState,
  type StopStatus,
  TaskStatus,
  type Work,
} from './state';
import { stopNow } from './stopping';
import { advance, landing, mergeDue, mergeOf } from './weaving';
import type { Workload } from './workload';

export interface Step {
  readonly state: RunState;
  readonly answers: readonly Answer[];
  readonly events: readonly RunEvent[];
}

/**
 * The coordinator: what the inputs lead to, and who gets what next. Pure: the same state, inputs and time
 * give the same step, and the state given is left as it was.
 * @param now milliseconds since the epoch
 */
export function step(load: Workload, before: RunState, inputs: readonly Input[], now: number): Step {
  const draft: Draft = { load, state: copyState(before), now, events: [] };
  for (const input of inputs) {
    if (input.kind === 'takeover') takeOver(draft, input.lanes, input.limit);
    else if (input.kind === 'limit') setLimit(draft, input.limit, input.why);
    else if (input.kind === 'stop') stopNow(draft, input.status, input.why);
    else if (input.kind === 'next') takeTurn(draft, input);
  }
  endBackoffs(draft);
  goOn(draft);
  return { state: draft.state, answers: assign(draft), events: draft.events };
}

/**
 * The first step of a run: opens what can start. Nothing is assigned yet.
 * @param outdated items whose branch has left the commit that the plan pins
 * @param overrides those that the run was begun with, of blocking gates
 */
export function start(
  load: Workload,
  before: RunState,
  outdated: readonly number[],
  now: number,
  overrides: readonly Override[] = [],
): Step {
  const draft: Draft = { load, state: copyState(before), now, events: [] };
  for (const override of overrides) applyOverride(draft, override, outdated);
  for (const item of outdated) failItem(draft, item, ItemStatus.headMoved);
  openRoots(draft);
  queueAhead(draft);
  goOn(draft);
  return { state: draft.state, answers: [], events: draft.events };
}

/**
 * The step of somebody outside of the run who ends it. Nothing is assigned: whoever runs it does that, once it has
 * seen this.
 * @param why a sentence
 */
export function stopRun(
  load: Workload,
  before: RunState,
  status: StopStatus,
  why: string,
  now: number,
): Step {
  const draft: Draft = { load, state: copyState(before), now, events: [] };
  stopNow(draft, status, why);
  return { state: draft.state, answers: [], events: draft.events };
}

/**
 * The step of somebody outside of the run who answers for a gate. Nothing is assigned, as for `stopRun`.
 * @param override one that nothing stands against (`refusalOf`)
 * @param outdated as for `start`
 */
export function overrideRun(
  load: Workload,
  before: RunState,
  override: Override,
  outdated: readonly number[],
): Step {
  const draft: Draft = { load, state: copyState(before), now: override.at, events: [] };
  applyOverride(draft, override, outdated);
  goOn(draft);
  return { state: draft.state, answers: [], events: draft.events };
}

/** The step of somebody outside of the run who pauses it, or (undefined) ends the pause; as `stopRun`. */
export function pauseRun(load: Workload, before: RunState, pause: Pause | undefined, now: number): Step {
  const draft: Draft = { load, state: copyState(before), now, events: [] };
  setPause(draft, pause);
  return { state: draft.state, answers: [], events: draft.events };
}

/** When a backoff ends next, or a time in which nothing lands; both in ms since the epoch. */
export function nextWake(load: Workload, state: RunState, now: number): number | undefined {
  const held = heldBy(load, state, now);
  const times = [
    ...state.delayed.map(({ until }) => until),
    ...(held?.until === undefined ? [] : [held.until]),
  ];
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Items fail in what came in, or in what follows from it. */
function goOn(draft: Draft): void {
  failFast(draft);
  advance(draft);
  failFast(draft);
  noteHold(draft);
}

/** One that is not a lane's next changes nothing: it was seen before, or is of a process that is gone. */
function takeTurn(draft: Draft, input: Extract<Input, { kind: 'next' }>): void {
  const { state } = draft;
  const lane = state.lanes[input.lane]!;
  if (input.generation !== state.generation || input.turn !== lane.turn + 1) return;
  const { work } = lane;
  lane.turn = input.turn;
  lane.work = undefined;
  lane.parked = true;
  if (work !== undefined) takeResults(draft, input.lane, work, input.results, input.lost);
}

function takeOver(draft: Draft, lanes: number, limit: number | undefined): void {
  const { state } = draft;
  state.generation += 1;
  for (const { work } of state.lanes) if (work !== undefined) giveBackWork(draft, work);
  state.lanes = newLanes(lanes);
  state.window = Math.min(state.window, lanes);
  state.limit = lanes;
  if (limit !== undefined) setLimit(draft, limit, 'the processors of this machine');
}

function setLimit({ state, events, now }: Draft, limit: number, why: string): void {
  state.limit = Math.max(1, Math.min(limit, state.lanes.length));
  events.push({ event: 'limit', limit: state.limit, why, at: now });
}

function endBackoffs(draft: Draft): void {
  const { state, now } = draft;
  const over = state.delayed.filter(({ until }) => until <= now);
  if (over.length === 0) return;
  state.delayed = state.delayed.filter(({ until }) => until > now);
  for (const { task } of over) {
    if (state.tasks[task] !== TaskStatus.delayed) continue;
    state.tasks[task] = TaskStatus.ready;
    lineUpTask(draft, task);
  }
}

/** Gives work to the lanes that wait, while there is any. */
function assign(draft: Draft): Answer[] {
  const { state } = draft;
  const answers: Answer[] = [];
  const ended = state.phase === 'done' && state.unfinishedTasks === 0;
  const held = heldBy(draft.load, state, draft.now) !== undefined;
  const room = { gates: state.limit - lanesWithGates(state), ahead: roomAhead(draft), held };
  state.lanes.forEach((lane, index) => {
    if (!lane.parked) return;
    const work = ended ? ({ kind: 'done' } as const) : chooseWork(draft, room);
    if (work === undefined) return;
    lane.parked = false;
    lane.work = work.kind === 'done' ? undefined : work;
    if (work.kind === 'gates') {
      room.gates -= 1;
      for (const { task, attempt } of work.tasks)
        draft.events.push({ event: 'start', task, attempt, lane: index, at: draft.now });
    }
    answers.push({ lane: index, generation: state.generation, turn: lane.turn, work });
  });
  return answers;
}

/**
 * Landing first, then gates, which take long; weaving fills the gaps, or is due when a batch is full. What is left is
 * for gates that run ahead.
 */
function chooseWork(
  draft: Draft,
  room: { readonly gates: number; ahead: number; readonly held: boolean },
): Work | undefined {
  const { load, state } = draft;
  if (state.phase === 'land' && !state.weave.busy && !room.held) {
    state.weave.busy = true;
    return landing(draft);
  }
  const due = mergeDue(draft);
  const isFull = room.gates <= 0;
  const task = due.length >= load.batchSize || isFull ? undefined : takeReady(draft);
  if (task !== undefined) return gatesOf(draft, takeGroup(draft, task));
  if (due.length > 0) {
    state.weave.busy = true;
    return mergeOf(draft, due);
  }
  const ahead = room.ahead > 0 && !isFull ? takeAhead(draft) : undefined;
  if (ahead === undefined) return sleep(draft);
  room.ahead -= 1;
  return gatesOf(draft, [ahead]);
}

function gatesOf({ state }: Draft, tasks: readonly number[]): Work {
  return { kind: 'gates', tasks: tasks.map((task) => ({ task, attempt: state.attempts[task]! + 1 })) };
}

/** The first task in line, and those behind it that go with it; all of them are taken out of the line. */
function takeGroup(draft: Draft, first: number): number[] {
  const { load, state } = draft;
  if (!load.groups) return [first];
  const most = mostAtOnce(state.ready.length + 1, state.lanes.length, load.batchSize);
  const taken = [first];
  function* lengths() {
    yield expectedMs(load, state, first);
    for (let next = takeReady(draft); next !== undefined; next = takeReady(draft)) {
      taken.push(next);
      yield expectedMs(load, state, next);
    }
  }
  const size = groupSize(lengths(), most);
  for (const left of taken.slice(size)) {
    state.tasks[left] = TaskStatus.ready;
    lineUpTask(draft, left);
  }
  return taken.slice(0, size);
}

/** Until the first backoff ends, for one lane: the others wait for what it then brings. */
function sleep({ load, state, now }: Draft): Work | undefined {
  const until = nextWake(load, state, now);
  if (!load.lanesSleep || until === undefined) return undefined;
  if (state.lanes.some(({ work }) => work?.kind === 'sleep' && work.until <= until)) return undefined;
  return { kind: 'sleep', until };
}

/** The first task in line, which runs from then on; entries of others are dropped on the way. */
function takeReady(draft: Draft): number | undefined {
  const { load, state } = draft;
  for (let rank = pop(state.ready); rank !== undefined; rank = pop(state.ready)) {
    const task = load.taskAt[rank]!;
    if (state.tasks[task] !== TaskStatus.ready) continue;
    state.tasks[task] = TaskStatus.running;
    return task;
  }
  return undefined;
}
