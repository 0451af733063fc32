import type { Input, Result } from '../../run/messages';
import type { RunState, Work } from '../../run/state';
import type { Inbox, LaneResults } from '../../run/turn-store';

/** The calls that the state has not taken in yet, with what came of the work before each. */
export function untaken(
  state: RunState,
  inboxes: readonly Inbox[],
  written: readonly LaneResults[],
): Extract<Input, { kind: 'next' }>[] {
  return inboxes.flatMap((inbox) => {
    const { lane, generation, turn } = inbox;
    const taken = state.lanes[lane]?.turn;
    if (taken === undefined || generation !== state.generation || turn !== taken + 1) return [];
    const ofWork = written.find(
      (row) => row.lane === lane && row.generation === generation && row.turn === taken,
    );
    const { results, lost } = inbox;
    const all: Result[] = [...results, ...(ofWork?.results ?? [])];
    const call = { kind: 'next', lane, generation, turn, results: all } as const;
    return [lost === undefined ? call : { ...call, lost }];
  });
}

export interface Outstanding {
  readonly inbox: Inbox;
  readonly token: string;
  /** Undefined: the lane is to end. */
  readonly work: Work | undefined;
}

/** The calls that have ended without an answer and that the state has one for; others are answered by their functions. */
export function outstanding(state: RunState, inboxes: readonly Inbox[]): Outstanding[] {
  return inboxes.flatMap((inbox): Outstanding[] => {
    const lane = state.lanes[inbox.lane];
    const current = inbox.generation === state.generation && inbox.turn === lane?.turn;
    if (lane === undefined || !current || inbox.parked === undefined || lane.parked) return [];
    return [{ inbox, token: inbox.parked, work: lane.work }];
  });
}
