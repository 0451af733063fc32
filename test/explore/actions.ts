import { decodeState } from '../../lib/run/codec';
import type { GateResult, Result } from '../../lib/run/messages';
import { ItemStatus, type RunState } from '../../lib/run/state';
import { step, stopRun } from '../../lib/run/step';
import type { Workload } from '../../lib/run/workload';
import { answerAll } from './answers';
import { laneAsks, mergeStep } from './landing';
import {
  type Action,
  asks,
  type Call,
  committed,
  contains,
  type Lane,
  lanesOf,
  type Model,
  type NextCall,
  spend,
  withCall,
  withLane,
} from './model';
import { inboxOf, takeStep } from './turn';

/** All that may happen next. */
export function* actions(load: Workload, model: Model): Generator<Action> {
  for (const [at, lane] of model.lanes.entries()) yield* laneActions(load, model, lane, at);
  for (const [at, call] of model.calls.entries()) {
    const name = `${call.kind} ${call.generation}.${call.lane} ${call.at}`;
    yield { name, isFault: false, to: advance(load, model, call, at) };
    if (model.left.kills > 0) yield { name: `kill ${name}`, isFault: true, to: kill(model, call, at) };
  }
  yield* others(load, model);
}

function* laneActions(load: Workload, model: Model, lane: Lane, at: number): Generator<Action> {
  const name = `lane ${lane.generation}.${lane.lane}`;
  const { does } = lane;
  if (does.kind === 'asks') {
    const token = `${lane.generation}.${lane.lane}.${lane.count}.${lane.retry}`;
    const call: NextCall = {
      ...{ kind: 'next', generation: lane.generation, lane: lane.lane, token, at: 'begin' },
      attempt: lane.count * 100 + lane.retry,
      ...{ last: lane.last, results: lane.results, lost: lane.lost },
      ...{
        inbox: undefined,
        isAgain: lane.retry > 0,
        isNewest: true,
        seen: undefined,
        before: undefined,
        open: [],
      },
    };
    const waits: Lane = { ...lane, does: { kind: 'waits', token } };
    // What it first reads it may as well read now: before, nobody can tell that it was called.
    const inbox = inboxOf(load, model, call);
    const begun: NextCall = { ...call, inbox, at: 'put' };
    yield { name: `${name} asks`, isFault: false, to: withLane(withCall(model, begun), at, waits) };
  }
  if (does.kind !== 'gates') return;
  for (const outcome of ['pass', 'fail'] as const) {
    if (outcome === 'fail' && model.left.failures === 0) continue;
    const results =
      does.work?.kind === 'gates' ? does.work.tasks.map((task) => gateResult(task, outcome)) : [];
    const after = withLane(model, at, asks(lane, does.turn, { results }));
    const to = outcome === 'fail' ? spend(after, 'failures') : after;
    yield { name: `${name} gate ${outcome}`, isFault: outcome === 'fail', to };
  }
  if (model.left.kills > 0)
    yield {
      name: `kill ${name} gate`,
      isFault: true,
      to: spend(withLane(model, at, asks(lane, does.turn, { lost: 'killed' })), 'kills'),
    };
}

const gateResult = (
  { task, attempt }: { task: number; attempt: number },
  outcome: GateResult['outcome'],
): Result => ({
  ...{ kind: 'gate', task, attempt, outcome, startedAt: 0, endedAt: 0 },
});

/** Somebody else: cancels the run, moves the target, takes the run over. */
function* others(load: Workload, model: Model): Generator<Action> {
  const { cancel, left } = model;
  const state = decodeState(load, model.state);
  const go = (name: string, isFault: boolean, to: Model): Action => ({ name, isFault, to });
  if (left.targetMoves > 0)
    yield go(
      'somebody moves the target',
      true,
      spend({ ...model, target: `${model.target}x` }, 'targetMoves'),
    );
  if (left.takeovers > 0 && state.phase !== 'done') {
    const lanes = state.lanes.length;
    const taken = step(load, state, [{ kind: 'takeover', lanes }], 0).state;
    const over = committed({ ...model, lanes: [...model.lanes, ...lanesOf(taken.generation, lanes)] }, taken);
    yield go('take-over', true, spend(over, 'takeovers'));
  }
  if (cancel === 'no' && left.cancels > 0)
    yield go('cancel', true, spend({ ...model, cancel: 'asked' }, 'cancels'));
  if (cancel === 'asked') {
    if (state.phase === 'done' || state.stopping !== undefined)
      yield go('cancel: too late', false, { ...model, cancel: 'too-late' });
    else {
      const stopped = stopRun(load, state, ItemStatus.cancelled, 'enough', 0).state;
      // Whoever waits is told of it (`answerLanes`).
      const told = answerAll(load, committed({ ...model, cancel: 'stopped' }, stopped));
      yield go('cancel: stop', false, told);
    }
  }
  if (cancel === 'stopped')
    yield go('cancel: fence', false, {
      ...model,
      cancel: 'fenced',
      fence: model.flaw === 'cancels without the fence' ? model.fence : model.fence + 1,
    });
  if (cancel === 'fenced') {
    const { phase, weave } = state;
    const isLanded = phase === 'land' && contains(model.target, weave.tip.linear);
    yield go('cancel: look', false, {
      ...model,
      cancel: isLanded || landedAlready(state) ? 'too-late' : 'acknowledged',
    });
  }
}

/** It has ended by landing. */
const landedAlready = (state: RunState) =>
  state.phase === 'done' && [...state.items].some((status) => status === ItemStatus.woven);

function advance(load: Workload, model: Model, call: Call, at: number): Model {
  return call.kind === 'next' ? takeStep(load, model, call, at) : mergeStep(load, model, call, at);
}

/** The function dies. Of `Next` a retry is called, unless its lane has gone on; what a merge held is lost. */
function kill(model: Model, call: Call, at: number): Model {
  const rest = spend({ ...model, calls: model.calls.filter((_, index) => index !== at) }, 'kills');
  if (call.kind === 'merge') return laneAsks(rest, call, { lost: 'killed' });
  const waiting = rest.lanes.findIndex(({ does }) => does.kind === 'waits' && does.token === call.token);
  const lane = rest.lanes[waiting];
  if (lane === undefined) return rest;
  return withLane(rest, waiting, { ...lane, does: { kind: 'asks' }, retry: lane.retry + 1 });
}
