import { hash, randomUUID } from 'node:crypto';
import { decodeState } from '../../run/codec';
import { heldBy } from '../../run/hold';
import type { RunEvent } from '../../run/messages';
import { wastedLanes } from '../../run/speculation';
import type { RunState } from '../../run/state';
import type { Inbox, TurnStore } from '../../run/turn-store';
import { applyPauseInRun, type PauseServices } from './apply-pause';
import { checkResults } from './check-tasks';
import { log } from './function-log';
import { type HandOut, handOut } from './hand-out';
import { inChunks } from './in-chunks';
import { type Outstanding, outstanding } from './inputs';
import type { NextAnswer, NextCall } from './protocol';
import { releaseLanes } from './request-check';
import { lostByTime, toResults } from './results';
import type { LoadRun, RunContext } from './run-context';
import { takeBuild } from './take-build';
import { isAssigned, only, takeInboxes } from './take-inboxes';
import type { Tokens } from './tokens';

export interface TurnServices extends HandOut {
  readonly store: TurnStore;
  readonly pauses: PauseServices['pauses'];
  readonly tokens: Tokens;
  readonly loadRun: LoadRun;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
  /** How many lanes a call looks at, its own among them, to take in what they have put down; for tests. */
  readonly lanesAtOnce?: number;
  /** Told by a call that is made again because it has waited, for how many ms nothing has happened to the run. */
  readonly waited: (run: RunContext, ms: number) => void;
  /** Told the events of each commit, once, before the call is answered. */
  readonly record: (run: RunContext, state: RunState, events: readonly RunEvent[]) => Promise<void>;
}

/**
 * A lane's turn. The call is put down in the lane's inbox; whoever comes first takes in many inboxes at once and
 * commits what they lead to. A call is answered by its own function, as the last thing that it does; only one whose
 * function has ended without an answer, for want of work, is answered by others: by the function whose commit has work
 * for its lane. That one answers others first and its own call last, so that it is tried again until it has answered
 * all: only a call without an answer is tried again, and with it what it has not done. So a function may die anywhere,
 * and two may do the same at once.
 *
 * Who has nothing for its lane notes that it ends (parks), then looks again; who has committed looks again who has
 * parked. So one of both sees the other.
 * @throws what the services throw; the call has then no answer and is to be tried again
 */
export async function takeTurn(services: TurnServices, call: NextCall): Promise<void> {
  const { store, tokens } = services;
  const run = await services.loadRun(call.run);
  const by = randomUUID();
  let inbox = await inboxOf(services, run, call);
  let isAgain = !isFirstTry(call);
  for (;;) {
    const put = inbox && (await store.putInbox(call.run, { ...inbox, by }));
    if (inbox === undefined || put === 'late') return endUnlessCurrent(services, run, call);
    // Another function does, or did, the same, and may have died before it had answered others.
    isAgain ||= put === 'again';
    const seen = await takeInboxes(services, run, { ...inbox, by }, isAgain);
    if (seen.state.generation !== call.generation) return endLane(services, call);
    isAgain ||= seen.own?.by !== by;
    const { turn } = inbox;
    if (seen.state.lanes[call.lane]!.turn > turn) {
      // The call before has gone on after all.
      isAgain = true;
      inbox = await inboxOf(services, run, call);
      continue;
    }
    await releaseLanes(services, run, seen.state, wastedLanes(run.load, seen.state));
    const { state, before } = seen;
    const others = outstanding(state, seen.inboxes).filter(
      ({ inbox: { lane } }) => lane !== call.lane && (isAgain || isAssigned(before, state, lane)),
    );
    await inChunks(others, (other) => deliver(services, run, state, other));
    // Nobody waits for this call any more: the lane has made a later one.
    if (seen.own?.call !== inbox.call) return;
    if (state.lanes[call.lane]!.parked) {
      // Who has ended the pause may have missed the run, or died before it was told.
      const mayBeOver = call.retry > 0 && state.paused !== undefined;
      if (mayBeOver && (await applyPauseInRun(services, run)).paused === undefined) continue;
      if (!(await store.setParked(call.run, inbox, call.token))) return;
      if (!(await isStillParked(services, run, inbox, seen.version))) continue;
      // A run that waits for the end of a freeze or a pause is not stuck.
      const isHeld = heldBy(run.load, state, services.now()) !== undefined;
      if (call.retry > 0 && !isHeld) services.waited(run, services.now() - seen.changedAt);
      return;
    }
    const answer = await handOut(services, run, state, call.lane);
    if (answer.kind !== 'settled') {
      await tokens.succeed(call.token, answer);
      logAnswer(inbox, answer);
      return;
    }
    // Nothing to run: the next turn may as well be taken here.
    inbox = { ...inbox, turn: turn + 1, results: [], lost: undefined };
  }
}

/** Whether the state has nothing for a lane's call yet, and had nothing at a version of it. */
async function isStillParked(
  { store }: TurnServices,
  run: RunContext,
  { generation, lane, turn }: Omit<Inbox, 'parked' | 'by'>,
  version: number,
): Promise<boolean> {
  const now = await store.read(run.record.id);
  if (now.version === version) return true;
  const state = decodeState(run.load, now.state);
  const there = state.lanes[lane];
  return state.generation === generation && there?.turn === turn && there.parked;
}

/** Whether no function before can have begun what this one does, and have died over it. */
const isFirstTry = ({ retry, last, k, calls }: NextCall): boolean =>
  retry === 0 && (last !== null || (k === 0 && calls === 0));

/** A later execution carries the run: the lane ends. */
async function endLane({ tokens }: TurnServices, call: NextCall): Promise<void> {
  await tokens.succeed(call.token, { kind: 'done', turn: call.last ?? 0 });
  log.info('overtaken', 'the lane ends: a later execution carries the run');
}

/** For a call that a newer one of its lane has replaced: nobody waits for it, unless by mistake. */
async function endUnlessCurrent(services: TurnServices, run: RunContext, call: NextCall): Promise<void> {
  const { state } = await services.store.read(call.run);
  if (decodeState(run.load, state).generation !== call.generation) await endLane(services, call);
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
): Promise<Omit<Inbox, 'parked' | 'by'> | undefined> {
  const { store } = services;
  // Before the state: one that has been taken in since is known by that.
  const [there] = isFirstTry(call) ? [] : await store.readInboxes(call.run, only(call.lane));
  const state = decodeState(run.load, (await store.read(call.run)).state);
  const lane = state.lanes[call.lane];
  if (state.generation !== call.generation || lane === undefined) return undefined;
  const base = {
    lane: call.lane,
    generation: call.generation,
    call: hash('sha256', call.token).slice(0, 16),
    attempt: (call.k * CALLS_PER_EXECUTION + call.calls) * TRIES_PER_CALL + call.retry,
  };
  const { last } = call;
  // An attempt before this one has put it down, and died before it was taken in.
  if (there?.generation === call.generation && there.turn > Math.max(lane.turn, last ?? 0))
    return { ...base, turn: there.turn, results: there.results, lost: there.lost };
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

async function deliver(
  services: TurnServices,
  run: RunContext,
  state: RunState,
  { inbox, token }: Outstanding,
): Promise<void> {
  const answer = await handOut(services, run, state, inbox.lane);
  await services.tokens.succeed(token, answer);
  await services.store.setParked(run.record.id, inbox, undefined);
  logAnswer(inbox, answer);
}

/** Which gates are handed out the events of the commit say; an answer may be given more than once. */
function logAnswer(
  { lane, generation }: Pick<Inbox, 'lane' | 'generation'>,
  { turn, kind }: NextAnswer,
): void {
  log.debug('answer', `lane ${lane} is answered: ${kind}`, { lane, generation, turn, kind });
}
