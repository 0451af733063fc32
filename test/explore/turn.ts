import { outstanding, untaken } from '../../lib/engine/aws/inputs';
import { decodeState } from '../../lib/run/codec';
import { step } from '../../lib/run/step';
import { type Inbox, isNewer } from '../../lib/run/turn-store';
import type { Workload } from '../../lib/run/workload';
import { answered, tokenAnswered } from './answers';
import { committed, type Model, marked, type NextCall, replaceCall, without } from './model';

/** One step of `takeTurn`. */
export function takeStep(load: Workload, model: Model, call: NextCall, at: number): Model {
  const go = (change: Partial<NextCall>, changed = model) => replaceCall(changed, at, { ...call, ...change });
  switch (call.at) {
    case 'begin': {
      const inbox = inboxOf(load, model, call);
      return go({ inbox, at: inbox === undefined ? 'read' : 'put' });
    }
    case 'put': {
      const there = model.inboxes.find(({ lane }) => lane === call.lane);
      const isNewest = there === undefined || !isNewer(there, call.inbox!);
      const inboxes = [
        ...model.inboxes.filter(({ lane }) => lane !== call.lane),
        { ...call.inbox!, delivered: false },
      ];
      return go(
        { at: 'read', isNewest },
        isNewest ? { ...model, inboxes: inboxes.sort((a, b) => a.lane - b.lane) } : model,
      );
    }
    case 'read': {
      const { version, state, inboxes, results } = model;
      return afterRead(load, go({ at: 'commit', seen: { version, state, inboxes, results } }), at);
    }
    case 'commit': {
      const seen = call.seen!;
      const before = decodeState(load, seen.state);
      const taken = step(load, before, untaken(before, seen.inboxes, seen.results), 0).state;
      const next = committed(model, taken);
      return afterTake(
        load,
        replaceCall(next, at, { ...call, seen: { ...seen, version: next.version, state: next.state } }),
        at,
      );
    }
    case 'answer': {
      const [inbox] = call.open;
      return go({ at: 'mark' }, answered(load, model, call.seen!.state, inbox!));
    }
    case 'mark': {
      const [inbox, ...open] = call.open;
      return go({ open, at: open.length > 0 ? 'answer' : 'own' }, marked(model, inbox!));
    }
    case 'own':
      return ownAnswer(load, model, call, at);
    case 'own-answer':
      return without(answered(load, model, call.seen!.state, ownOf(call)!), call);
  }
}

/** Nothing to take in: on with the answers. */
function afterRead(load: Workload, model: Model, at: number): Model {
  const call = model.calls[at] as NextCall;
  const { state: text, inboxes, results } = call.seen!;
  const state = decodeState(load, text);
  const isOver = state.generation !== call.generation || untaken(state, inboxes, results).length === 0;
  return isOver ? afterTake(load, model, at) : model;
}

function afterTake(load: Workload, model: Model, at: number): Model {
  const call = model.calls[at] as NextCall;
  const { state: text, inboxes } = call.seen!;
  const state = decodeState(load, text);
  if (state.generation !== call.generation)
    return without(tokenAnswered(model, call.token, { kind: 'done' }), call);
  if (!call.isNewest || call.inbox === undefined) return without(model, call);
  if (state.lanes[call.lane]!.turn > call.inbox.turn)
    return replaceCall(model, at, { ...call, at: 'begin', seen: undefined });
  const others = outstanding(state, inboxes).filter(({ inbox }) => inbox.lane !== call.lane);
  const open = model.flaw === 'answers nobody else' ? [] : others.map(({ inbox }) => inbox);
  return replaceCall(model, at, { ...call, open, at: open.length > 0 ? 'answer' : 'own' });
}

const ownOf = ({ seen, lane, token }: NextCall) =>
  seen!.inboxes.find((inbox) => inbox.lane === lane && inbox.token === token);

/** The own answer, which comes last. */
function ownAnswer(load: Workload, model: Model, call: NextCall, at: number): Model {
  const state = decodeState(load, call.seen!.state);
  const own = outstanding(state, call.seen!.inboxes).find(
    ({ inbox }) => inbox.lane === call.lane && inbox.token === call.token,
  );
  if (own === undefined) return without(model, call);
  if (own.work?.kind === 'gates' && state.stopping !== undefined) {
    const inbox = { ...call.inbox!, turn: call.inbox!.turn + 1, results: [], lost: undefined };
    return replaceCall(model, at, { ...call, inbox, at: 'put', seen: undefined });
  }
  return replaceCall(marked(model, own.inbox), at, { ...call, at: 'own-answer' });
}

/** As `inboxOf` of `turn.ts`. */
export function inboxOf(load: Workload, model: Model, call: NextCall): Omit<Inbox, 'delivered'> | undefined {
  const state = decodeState(load, model.state);
  const lane = state.lanes[call.lane];
  if (state.generation !== call.generation || lane === undefined) return undefined;
  const { generation, token, attempt, last } = call;
  const base = { lane: call.lane, generation, token, attempt };
  const there = model.inboxes.find((inbox) => inbox.lane === call.lane && inbox.generation === generation);
  if (there !== undefined && there.turn > Math.max(lane.turn, last ?? 0)) {
    const { delivered: _, ...rest } = there;
    return { ...rest, ...base };
  }
  if (last !== null && lane.turn <= last)
    return { ...base, turn: last + 1, results: call.results, lost: call.lost };
  const waits = lane.work !== undefined || lane.parked;
  return { ...base, turn: waits ? lane.turn : lane.turn + 1, results: [], lost: undefined };
}
