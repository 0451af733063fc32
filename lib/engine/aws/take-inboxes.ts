import { decodeState, encodeState } from '../../run/codec';
import type { RunState } from '../../run/state';
import { StaleVersionError } from '../../run/store';
import type { Inbox, LaneRange } from '../../run/turn-store';
import { applyPauseInRun, stepUnlessPaused } from './apply-pause';
import { untaken } from './inputs';
import { logEvents } from './log-events';
import { rememberPasses } from './results';
import type { RunContext } from './run-context';
import type { TurnServices } from './turn';
import { withdraw } from './withdraw';

export interface Seen {
  readonly version: number;
  readonly state: RunState;
  /** When that was last changed, in ms since the epoch; where somebody was faster, when that was noticed. */
  readonly changedAt: number;
  /** As they were after the last commit of this function, of the lanes that it has given work to. */
  readonly inboxes: readonly Inbox[];
  /** That of the lane itself. */
  readonly own: Inbox | undefined;
  /** The state before the first commit of this function, if there was one. */
  readonly before: RunState | undefined;
}

/**
 * Takes in what lanes have put down and the state has not seen, and commits it, where the call itself is among that:
 * functions of others are under way, and see to theirs.
 * @param looksAtAll the caller may have to answer others without a commit of its own
 */
export async function takeInboxes(
  services: TurnServices,
  run: RunContext,
  inbox: Omit<Inbox, 'parked'>,
  looksAtAll: boolean,
): Promise<Seen> {
  const { store, now } = services;
  const { id } = run.record;
  const { lane } = inbox;
  let before: RunState | undefined;
  for (let lost = 0; ; lost += 1) {
    const faster =
      lost > 0 && before === undefined && !looksAtAll && (await takenByOthers(services, run, inbox));
    if (faster) return faster;
    const turns = await store.readTurns(id, looksAtAll ? undefined : lanesAbout(services, run, lane));
    const { version, changedAt, inboxes } = turns;
    const own = inboxes.find((there) => there.lane === lane);
    const state = decodeState(run.load, turns.state);
    const inputs = isTaken(state, inbox) ? [] : untaken(state, inboxes, turns.results);
    if (inputs.length === 0) return { version, state, changedAt, inboxes, own, before };
    const taken = await stepUnlessPaused(services, run, state, inputs);
    try {
      await store.commit(id, version, encodeState(taken.state), taken.events);
    } catch (error) {
      if (!(error instanceof StaleVersionError)) throw error;
      // Whoever was faster may have taken in ours too. Full jitter, so that many do not meet again.
      await services.pause(Math.random() * Math.min(20 * 2 ** lost, 500));
      continue;
    }
    before ??= state;
    await withdraw(services, run, state, taken.state);
    await rememberPasses(services, run, state, taken.events);
    await services.record(run, taken.state, taken.events);
    logEvents(run, taken.state, taken.events);
    if (taken.isHeld) {
      // The pause may have been ended meanwhile, by somebody who has seen the run as it was before.
      await applyPauseInRun(services, run);
      continue;
    }
    const given = [...taken.state.lanes.keys()].filter(
      (other) => other !== lane && isAssigned(before, taken.state, other),
    );
    return {
      ...{ version: version + 1, state: taken.state, changedAt: now(), own, before },
      inboxes: await readAgain(services, id, inboxes, given),
    };
  }
}

export const only = (lane: number): LaneRange => ({ from: lane, to: lane });

/** Whose calls one takes in with its own: enough to save commits, and few enough to be read by each turn. */
const LANES_AT_ONCE = 40;

/** Undefined: those of all lanes, which one request reads. */
function lanesAbout(
  { lanesAtOnce = LANES_AT_ONCE }: TurnServices,
  { record }: RunContext,
  lane: number,
): LaneRange | undefined {
  if (record.lanes <= lanesAtOnce) return undefined;
  const from = lane - (lane % lanesAtOnce);
  return { from, to: from + lanesAtOnce - 1 };
}

const isTaken = (state: RunState, { generation, lane, turn }: Omit<Inbox, 'parked'>): boolean =>
  state.generation !== generation || state.lanes[lane]!.turn >= turn;

/**
 * Looks, without all that other lanes have put down, whether somebody else's commit has taken in a call.
 * @returns undefined where it has not
 */
async function takenByOthers(
  { store, now }: TurnServices,
  { record, load }: RunContext,
  inbox: Omit<Inbox, 'parked'>,
): Promise<Seen | undefined> {
  const { version, state: text } = await store.read(record.id);
  const state = decodeState(load, text);
  if (!isTaken(state, inbox)) return undefined;
  const [own] = await store.readInboxes(record.id, only(inbox.lane));
  return { version, state, changedAt: now(), inboxes: [], own, before: undefined };
}

/** What the inboxes are now, of some lanes in the order of their numbers. */
async function readAgain(
  { store }: TurnServices,
  run: string,
  inboxes: readonly Inbox[],
  lanes: readonly number[],
): Promise<readonly Inbox[]> {
  const [from, to] = [lanes[0], lanes.at(-1)];
  if (from === undefined || to === undefined) return inboxes;
  const now = await store.readInboxes(run, { from, to });
  return [...inboxes.filter(({ lane }) => lane < from || lane > to), ...now];
}

/** Whether a lane was given what it has after a state. Undefined: there was no commit in between. */
export function isAssigned(before: RunState | undefined, after: RunState, lane: number): boolean {
  const [was, is] = [before?.lanes[lane], after.lanes[lane]!];
  return was !== undefined && !is.parked && (was.parked || was.turn !== is.turn);
}
