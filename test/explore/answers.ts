import { outstanding } from '../../lib/engine/aws/inputs';
import { decodeState } from '../../lib/run/codec';
import type { Work } from '../../lib/run/state';
import type { Workload } from '../../lib/run/workload';
import { asks, type Model, parked, withCall, withLane } from './model';

/** A lane is given what the state that was seen has for it. */
export function answered(
  load: Workload,
  model: Model,
  text: string,
  { lane: number, token }: { readonly lane: number; readonly token: string },
): Model {
  const state = decodeState(load, text);
  const { turn, work } = state.lanes[number]!;
  if (work === undefined) return tokenAnswered(model, token, { kind: 'done' });
  if (work.kind === 'gates' && state.stopping !== undefined)
    return tokenAnswered(model, token, { kind: 'settled', turn });
  return tokenAnswered(model, token, { kind: work.kind === 'gates' ? 'gates' : 'merges', turn, work });
}

type Answered =
  | { readonly kind: 'done' }
  | { readonly kind: 'settled'; readonly turn: number }
  | { readonly kind: 'gates' | 'merges'; readonly turn: number; readonly work: Work };

/** A token that nobody waits for any more is no error. */
export function tokenAnswered(model: Model, token: string, answer: Answered): Model {
  const at = model.lanes.findIndex(({ does }) => does.kind === 'waits' && does.token === token);
  const lane = model.lanes[at];
  if (lane === undefined) return model;
  if (answer.kind === 'done') return withLane(model, at, { ...lane, does: { kind: 'ended' } });
  if (answer.kind === 'settled') return withLane(model, at, asks(lane, answer.turn, {}));
  const { kind, turn, work } = answer;
  const after = withLane(model, at, { ...lane, does: { kind, turn, work } });
  if (kind === 'gates') return after;
  const { generation } = lane;
  return withCall(after, {
    ...{ kind: 'merge', generation, lane: lane.lane, turn, at: 'begin', work: undefined, fence: 0 },
    ...{ isFinal: false, results: [] },
  });
}

/** As `answerLanes`, in one step: a crash of whoever calls it is a call of his own to repeat. */
export function answerAll(load: Workload, model: Model): Model {
  const state = decodeState(load, model.state);
  return outstanding(state, model.inboxes).reduce(
    (told, { inbox, token }) =>
      parked(answered(load, told, model.state, { lane: inbox.lane, token }), inbox, undefined),
    model,
  );
}
