import { decodeState, encodeState } from '../../run/codec';
import { heldBy } from '../../run/hold';
import type { RunEvent } from '../../run/messages';
import { wastedLanes } from '../../run/speculation';
import type { RunState } from '../../run/state';
import { StaleVersionError } from '../../run/store';
import type { Inbox, TurnStore } from '../../run/turn-store';
import { applyPauseInRun, type PauseServices, stepUnlessPaused } from './apply-pause';
import { checkResults } from './check-tasks';
import { log } from './function-log';
import { type HandOut, handOut } from './hand-out';
import { inChunks } from './in-chunks';
import { type Outstanding, outstanding, untaken } from './inputs';
import { logEvents } from './log-events';
import type { NextAnswer, NextCall } from './protocol';
import { releaseLanes } from './request-check';
import { lostByTime, rememberPasses, toResults } from './results';
import type { LoadRun, RunContext } from './run-context';
import { takeBuild } from './take-build';
import type { Tokens } from './tokens';
import { withdraw } from './withdraw';

export interface TurnServices extends HandOut {
  readonly store: TurnStore;
  readonly pauses: PauseServices['pauses'];
  readonly tokens: Tokens;
  readonly loadRun: LoadRun;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
  /** Told by a call that is made again because it has waited, for how many ms nothing has happened to the run. */
  readonly waited: (run: RunContext, ms: number) => void;
  /** Told the events of each commit, once, before the call is answered. */
  readonly record: (run: RunContext, state: RunState, events: readonly RunEvent[]) => Promise<void>;
}

/**
 * A lane's turn. The call is put down in the lane's inbox; whoever comes first takes in all inboxes at once and
 * commits what they lead to. Then every answer that is not known to have arrived is given: those of other lanes
 * first, the own one last and nothing after it, because only a call without an answer is tried again, and with
 * it what it has not done. So a function may die anywhere, and two may do the same at once.
 *
 * A call without work for its lane ends without an answer: a later call of another lane gives it.
 * @throws what the services throw; the call has then no answer and is to be tried again
 */
export async function takeTurn(services: TurnServices, call: NextCall): Promise<void> {
  const { store, tokens } = services;
  const run = await services.loadRun(call.run);
  let inbox = await inboxOf(services, run, call);
  for (;;) {
    const isNewest = inbox !== undefined && (await store.putInbox(call.run, inbox));
    const seen = await takeInboxes(services, run, call.generation);
    if (seen.state.generation !== call.generation) {
      await tokens.succeed(call.token, { kind: 'done', turn: call.last ?? 0 });
      log.info('overtaken', 'the lane ends: a later execution carries the run');
      return;
    }
    // Nobody waits for this call any more: the lane has made a later one.
    if (!isNewest || inbox === undefined) return;
    const { turn } = inbox;
    if (seen.state.lanes[call.lane]!.turn > turn) {
      // The call before has gone on after all.
      inbox = await inboxOf(services, run, call);
      continue;
    }
    await releaseLanes(services, run, seen.state, wastedLanes(run.load, seen.state));
    const open = outstanding(seen.state, seen.inboxes);
    await inChunks(
      open.filter((other) => other.inbox.lane !== call.lane),
      (other) => deliver(services, run, seen.state, other),
    );
    const own = open.find((other) => other.inbox.lane === call.lane && other.inbox.token === call.token);
    if (own === undefined) {
      // Who has ended the pause may have missed the run, or died before it was told.
      const mayBeOver = call.retry > 0 && seen.state.paused !== undefined;
      if (mayBeOver && (await applyPauseInRun(services, run)).paused === undefined) continue;
      // A run that waits for the end of a freeze or a pause is not stuck.
      const isHeld = heldBy(run.load, seen.state, services.now()) !== undefined;
      if (call.retry > 0 && !isHeld) services.waited(run, services.now() - seen.changedAt);
      return;
    }
    const answer = await handOut(services, run, seen.state, call.lane);
    if (answer.kind !== 'settled') {
      await deliverOwn(services, call, own.inbox, answer);
      return;
    }
    // Nothing to run: the next turn may as well be taken here.
    inbox = { ...inbox, turn: turn + 1, results: [], lost: undefined };
  }
}

/**
 * Gives lanes that wait what the state has for them, for a caller that is no lane, such as one that has just
 * stopped the run.
 */
export async function answerLanes(services: TurnServices, id: string): Promise<void> {
  const run = await services.loadRun(id);
  const { inboxes, state: text } = await services.store.readTurns(id);
  const state = decodeState(run.load, text);
  await inChunks([...outstanding(state, inboxes)], (other) => deliver(services, run, state, other));
}

/** The call as it goes into the lane's inbox. Undefined: this lane has been taken over. */
async function inboxOf(
  services: TurnServices,
  run: RunContext,
  call: NextCall,
): Promise<Omit<Inbox, 'delivered'> | undefined> {
  const { state: text, inboxes } = await services.store.readTurns(call.run);
  const state = decodeState(run.load, text);
  const lane = state.lanes[call.lane];
  if (state.generation !== call.generation || lane === undefined) return undefined;
  const base = {
    lane: call.lane,
    generation: call.generation,
    token: call.token,
    attempt: (call.k * CALLS_PER_EXECUTION + call.calls) * TRIES_PER_CALL + call.retry,
  };
  const { last } = call;
  const there = inboxes.find((inbox) => inbox.lane === call.lane && inbox.generation === call.generation);
  // An attempt before this one has put it down, and died before it was taken in.
  if (there !== undefined && there.turn > Math.max(lane.turn, last ?? 0)) return { ...there, ...base };
  if (last !== null && lane.turn <= last) {
    const built = call.build ? await takeBuild(services, run, state, call.build) : undefined;
    const ofChecks = await checkResults(services, run, state, lane.work);
    const results = [...toResults(run, state, built?.results ?? call.results ?? []), ...ofChecks];
    return {
      ...base,
      turn: last + 1,
      results,
      lost: built?.lost ?? call.lost ?? lostByTime(call.results ?? []),
    };
  }
  // The first call of an execution, or one that was tried again after it had been taken in: go on from there.
  const waits = lane.work !== undefined || lane.parked;
  return { ...base, turn: waits ? lane.turn : lane.turn + 1, results: [], lost: undefined };
}

/** Which execution of its lane, from 0, the call of an inbox was made by. */
export const executionOf = ({ attempt }: Pick<Inbox, 'attempt'>): number =>
  Math.floor(attempt / (CALLS_PER_EXECUTION * TRIES_PER_CALL));

/** More than there can be (25,000 events, 14 a call), so that later ones have greater numbers. */
const CALLS_PER_EXECUTION = 10_000;
const TRIES_PER_CALL = 10_000;

/** Takes in every inbox that the state has not seen, and commits it; what the state is then. */
async function takeInboxes(
  services: TurnServices,
  run: RunContext,
  generation: number,
): Promise<{ state: RunState; changedAt: number; inboxes: readonly Inbox[] }> {
  const { store, now } = services;
  const { id } = run.record;
  for (let lost = 0; ; lost += 1) {
    const turns = await store.readTurns(id);
    const { inboxes, changedAt } = turns;
    const state = decodeState(run.load, turns.state);
    const inputs = untaken(state, inboxes, turns.results);
    if (state.generation !== generation || inputs.length === 0) return { state, changedAt, inboxes };
    const taken = await stepUnlessPaused(services, run, state, inputs);
    try {
      await store.commit(id, turns.version, encodeState(taken.state), taken.events);
    } catch (error) {
      if (!(error instanceof StaleVersionError)) throw error;
      // Whoever was faster may have taken in ours too. Full jitter, so that many do not meet again.
      await services.pause(Math.random() * Math.min(20 * 2 ** lost, 500));
      continue;
    }
    await withdraw(services, run, state, taken.state);
    await rememberPasses(services, run, state, taken.events);
    await services.record(run, taken.state, taken.events);
    logEvents(run, taken.state, taken.events);
    if (taken.isHeld) {
      // The pause may have been ended meanwhile, by somebody who has seen the run as it was before.
      await applyPauseInRun(services, run);
      continue;
    }
    return { state: taken.state, changedAt: now(), inboxes };
  }
}

async function deliver(
  services: TurnServices,
  run: RunContext,
  state: RunState,
  { inbox }: Outstanding,
): Promise<void> {
  const answer = await handOut(services, run, state, inbox.lane);
  await services.tokens.succeed(inbox.token, answer);
  await services.store.markDelivered(run.record.id, inbox);
  logAnswer(inbox, answer);
}

/** Marked before it is given: should this fail in between, the call is tried again and asks anew. */
async function deliverOwn(
  { store, tokens }: TurnServices,
  call: NextCall,
  inbox: Inbox,
  answer: NextAnswer,
): Promise<void> {
  await store.markDelivered(call.run, inbox);
  await tokens.succeed(call.token, answer);
  logAnswer(inbox, answer);
}

/** Which gates are handed out the events of the commit say; an answer may be given more than once. */
function logAnswer({ lane, generation }: Inbox, { turn, kind }: NextAnswer): void {
  log.debug('answer', `lane ${lane} is answered: ${kind}`, { lane, generation, turn, kind });
}
