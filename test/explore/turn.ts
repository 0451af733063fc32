import { outstanding, untaken } from '../../lib/engine/aws/inputs';
import { decodeState } from '../../lib/run/codec';
import { step } from '../../lib/run/step';
import { type Inbox, isNewer } from '../../lib/run/turn-store';
import type { Workload } from '../../lib/run/workload';
import { answered, tokenAnswered } from './answers';
import { committed, type Model, type NextCall, parked, replaceCall, without } from './model';

/** One step of `takeTurn`. */
export function takeStep(load: Workload, model: Model, call: NextCall, at: number): Model {
  const go = (change: Partial<NextCall>, changed = model) => replaceCall(changed, at, { ...call, ...change });
  switch (call.at) {
    case 'begin':
      return go({ inbox: inboxOf(load, model, call), at: 'put' });
    case 'put': {
      const { inbox } = call;
      const there = model.inboxes.find(({ lane }) => lane === call.lane);
      const isLate = inbox !== undefined && there !== undefined && isNewer(there, inbox);
      if (inbox === undefined || isLate) return endUnlessCurrent(load, model, call);
      const inboxes = [
        ...model.inboxes.filter(({ lane }) => lane !== call.lane),
        { ...inbox, parked: undefined },
      ];
      return go({ at: 'read' }, { ...model, inboxes: inboxes.sort((a, b) => a.lane - b.lane) });
    }
    case 'read': {
      const { version, state, results } = model;
      const inboxes = model.inboxes.filter(({ lane }) => !model.alone || call.isAgain || lane === call.lane);
      const isNewest = inboxes.find(({ lane }) => lane === call.lane)?.call === call.token;
      return afterRead(load, go({ at: 'commit', isNewest, seen: { version, state, inboxes, results } }), at);
    }
    case 'commit': {
      const seen = call.seen!;
      const before = decodeState(load, seen.state);
      const taken = step(load, before, untaken(before, seen.inboxes, seen.results), 0).state;
      const next = committed(model, taken);
      const after: NextCall = {
        ...call,
        ...{ at: 'read-again', before: seen.state },
        seen: { ...seen, version: next.version, state: next.state },
      };
      const concerned = taken.lanes.some(
        ({ parked }, lane) => lane !== call.lane && !parked && isAssigned(load, after, lane),
      );
      const looks = concerned && model.flaw !== 'looks at nobody again';
      return looks ? replaceCall(next, at, after) : afterTake(load, replaceCall(next, at, after), at);
    }
    case 'read-again':
      return afterTake(load, go({ seen: { ...call.seen!, inboxes: model.inboxes } }), at);
    case 'answer': {
      const [inbox] = call.open;
      const { lane, parked } = inbox!;
      return go({ at: 'mark' }, answered(load, model, call.seen!.state, { lane, token: parked! }));
    }
    case 'mark': {
      const [inbox, ...open] = call.open;
      return go({ open, at: open.length > 0 ? 'answer' : 'own' }, parked(model, inbox!, undefined));
    }
    case 'own':
      return own(load, model, call, at);
    case 'park': {
      const there = model.inboxes.find(({ lane }) => lane === call.lane);
      if (there?.call !== call.token) return without(model, call);
      const ended = parked(model, call.inbox!, call.token);
      return model.flaw === 'parks without looking again' ? without(ended, call) : go({ at: 'look' }, ended);
    }
    case 'look': {
      const state = decodeState(load, model.state);
      const lane = state.lanes[call.lane];
      const waits =
        state.generation === call.generation && lane?.turn === call.inbox!.turn && lane.parked === true;
      return waits ? without(model, call) : go({ at: 'put', seen: undefined });
    }
  }
}

function endUnlessCurrent(load: Workload, model: Model, call: NextCall): Model {
  const isOver = decodeState(load, model.state).generation !== call.generation;
  return without(isOver ? tokenAnswered(model, call.token, { kind: 'done' }) : model, call);
}

/** Nothing to take in: on with the answers. */
function afterRead(load: Workload, model: Model, at: number): Model {
  const call = model.calls[at] as NextCall;
  const { state: text, inboxes, results } = call.seen!;
  const state = decodeState(load, text);
  const isTaken = state.generation !== call.generation || state.lanes[call.lane]!.turn >= call.inbox!.turn;
  return isTaken || untaken(state, inboxes, results).length === 0 ? afterTake(load, model, at) : model;
}

function afterTake(load: Workload, model: Model, at: number): Model {
  const call = model.calls[at] as NextCall;
  const { state: text, inboxes } = call.seen!;
  const state = decodeState(load, text);
  if (state.generation !== call.generation)
    return without(tokenAnswered(model, call.token, { kind: 'done' }), call);
  if (state.lanes[call.lane]!.turn > call.inbox!.turn)
    return replaceCall(model, at, {
      ...call,
      at: 'begin',
      isAgain: true,
      before: undefined,
      seen: undefined,
    });
  const answersAll = call.isAgain && model.flaw !== 'answers others in its first try alone';
  const others = outstanding(state, inboxes).filter(
    ({ inbox: { lane } }) => lane !== call.lane && (answersAll || isAssigned(load, call, lane)),
  );
  const open = model.flaw === 'answers nobody else' ? [] : others.map(({ inbox }) => inbox);
  const seen = { ...call.seen!, inboxes: [] };
  return replaceCall(model, at, {
    ...call,
    ...{ seen, open, before: undefined, at: open.length > 0 ? 'answer' : 'own' },
  });
}

/** As `isAssigned` of `turn.ts`. */
function isAssigned(load: Workload, { before, seen }: NextCall, lane: number): boolean {
  if (before === undefined) return false;
  const was = decodeState(load, before).lanes[lane];
  return was !== undefined && (was.parked || was.turn !== decodeState(load, seen!.state).lanes[lane]!.turn);
}

/** The own answer, which comes last; without one the call parks. */
function own(load: Workload, model: Model, call: NextCall, at: number): Model {
  if (!call.isNewest) return without(model, call);
  const { state: text } = call.seen!;
  const state = decodeState(load, text);
  const { parked, work } = state.lanes[call.lane]!;
  if (parked) return replaceCall(model, at, { ...call, at: 'park' });
  if (work?.kind === 'gates' && state.stopping !== undefined) {
    const inbox = { ...call.inbox!, turn: call.inbox!.turn + 1, results: [], lost: undefined };
    return replaceCall(model, at, { ...call, inbox, at: 'put', seen: undefined });
  }
  return without(answered(load, model, text, call), call);
}

/** As `inboxOf` of `turn.ts`. */
export function inboxOf(load: Workload, model: Model, call: NextCall): Inbox | undefined {
  const state = decodeState(load, model.state);
  const lane = state.lanes[call.lane];
  if (state.generation !== call.generation || lane === undefined) return undefined;
  const { generation, token, attempt, last } = call;
  const base = { lane: call.lane, generation, call: token, attempt, by: token, parked: undefined };
  const there = model.inboxes.find((inbox) => inbox.lane === call.lane && inbox.generation === generation);
  if (there !== undefined && there.turn > Math.max(lane.turn, last ?? 0)) {
    return { ...there, ...base };
  }
  if (last !== null && lane.turn <= last)
    return { ...base, turn: last + 1, results: call.results, lost: call.lost };
  const waits = lane.work !== undefined || lane.parked;
  return { ...base, turn: waits ? lane.turn : lane.turn + 1, results: [], lost: undefined };
}
