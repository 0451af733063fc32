import { decodeState } from '../../lib/run/codec';
import type { Inbox } from '../../lib/run/turn-store';
import type { Workload } from '../../lib/run/workload';
import type { Call, Model } from './model';

/**
 * The same state with nothing in it that cannot matter any more: what a call has seen before somebody else's commit, and
 * results that were taken in.
 */
export function normal(load: Workload, model: Model): Model {
  const state = decodeState(load, model.state);
  const isTaken = ({ lane, generation, turn }: { lane: number; generation: number; turn: number }) =>
    generation < state.generation || turn <= (state.lanes[lane]?.turn ?? 0);
  const bare = (inbox: Inbox): Inbox => (isTaken(inbox) ? { ...inbox, results: [], lost: undefined } : inbox);
  const calls = model.calls.map((call): Call => {
    if (call.kind === 'merge') return call;
    if (call.at === 'put') return call;
    const rest = { ...call, results: [], lost: undefined };
    if (call.at === 'commit' && call.seen!.version !== model.version && model.flaw !== 'commits over others')
      return { ...rest, at: 'read', seen: undefined };
    if (call.at === 'commit' || call.seen === undefined) return rest;
    const { inboxes, state: text } = call.seen;
    const open = call.open.map(bare);
    return { ...rest, open, seen: { version: 0, state: text, results: [], inboxes: inboxes.map(bare) } };
  });
  const order = (call: Call) =>
    `${call.kind} ${call.generation} ${call.lane} ${call.kind === 'next' ? call.token : call.turn}`;
  return {
    ...model,
    inboxes: model.inboxes.map(bare),
    results: model.results.filter(
      (row) => row.generation === state.generation && row.turn >= (state.lanes[row.lane]?.turn ?? 0),
    ),
    calls: calls.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)),
  };
}
