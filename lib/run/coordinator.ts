import { setImmediate as eventLoop } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { encodeState } from './codec';
import type { Answer, Input, Result, RunEvent } from './messages';
import { doneOutside } from './outside';
import type { RunState } from './state';
import { nextWake, type Step, step } from './step';
import { type RunStore, StaleVersionError } from './store';
import type { Workload } from './workload';

export interface Coordinator {
  /** A lane's turn; resolves when there is work for it, without any polling in between. */
  next(lane: number, turn: number, results: readonly Result[]): Promise<Answer['work']>;
  readonly state: RunState;
  /** So many lanes may be given gates from now on; `why` is a sentence. */
  limit(limit: number, why: string): void;
  /** Somebody else may have ended the run in the store, or overridden a gate. */
  refresh(): void;
  /** No more answers are given and nothing more is recorded; whoever waits is told to end. */
  stop(): void;
}

/**
 * Carries turns to `step` in one process. Turns that come in while a commit is being written are combined in
 * the next one; no answer is given before the commit that caused it is in the store. Other processes may end the run
 * there (`stopRun`) or override gates (`overrideRun`): that is taken over when `refresh` tells of it, or when a commit
 * meets it.
 * @param onCommit told the events of each commit, after it
 * @param onFault the store has failed; nothing goes on
 */
export function createCoordinator(context: {
  readonly load: Workload;
  readonly store: RunStore;
  readonly run: string;
  readonly version: number;
  readonly state: RunState;
  /** As for `start`. */
  readonly outdated: readonly number[];
  readonly now: () => number;
  readonly onCommit: (events: readonly RunEvent[], state: RunState) => void;
  readonly onFault: (error: unknown) => void;
}): Coordinator {
  const { load, store, run } = context;
  let { state, version } = context;
  let inbox: Input[] = [];
  let called = false;
  let committing = false;
  let stopped = false;
  let alarm: NodeJS.Timeout | undefined;
  const waiting = new Map<number, (work: Answer['work']) => void>();

  async function commitInbox(): Promise<void> {
    if (committing) return;
    committing = true;
    try {
      while (called || inbox.length > 0) {
        // Lanes whose gates have ended meanwhile share the commit.
        await eventLoop();
        if (stopped) return;
        if (called) {
          called = false;
          await adopt();
        } else await commitInputs();
      }
    } catch (error) {
      stop();
      context.onFault(error);
    } finally {
      committing = false;
    }
  }

  async function commitInputs(): Promise<void> {
    const inputs = inbox;
    inbox = [];
    const taken = step(load, state, inputs, context.now());
    try {
      await store.commit(run, version, encodeState(taken.state), taken.events);
    } catch (error) {
      if (!(error instanceof StaleVersionError) || !(await adopt())) throw error;
      inbox.unshift(...inputs);
      return;
    }
    version += 1;
    state = taken.state;
    publish(taken);
  }

  /** Goes on from commits of other processes if they only did what is theirs to do. @returns whether they did */
  async function adopt(): Promise<boolean> {
    const stored = await store.read(run);
    const theirs: RunEvent[] = [];
    let now = state;
    let at = version;
    for await (const commit of store.eventsAfter(run, version)) {
      if (commit.version > stored.version) break;
      now = doneOutside(load, now, commit.events, context.outdated) ?? now;
      theirs.push(...commit.events);
      at += 1;
    }
    if (at === version || at !== stored.version) return false;
    if (!isDeepStrictEqual(JSON.parse(stored.state), JSON.parse(encodeState(now)))) return false;
    version = at;
    state = now;
    publish({ state, answers: [], events: theirs });
    // For lanes that wait.
    inbox.push({ kind: 'clock' });
    return true;
  }

  function publish(taken: Step): void {
    context.onCommit(taken.events, state);
    for (const { lane, work } of taken.answers) {
      waiting.get(lane)?.(work);
      waiting.delete(lane);
    }
    setAlarm();
  }

  /** Wakes up once, when the earliest backoff ends. */
  function setAlarm(): void {
    clearTimeout(alarm);
    const wake = nextWake(load, state, context.now());
    if (wake === undefined || stopped) return;
    const inMs = Math.min(Math.max(wake - context.now(), 0), 2 ** 31 - 1);
    alarm = setTimeout(() => send({ kind: 'clock' }), inMs);
  }

  function send(input: Input): void {
    inbox.push(input);
    void commitInbox();
  }

  function stop(): void {
    stopped = true;
    clearTimeout(alarm);
    for (const answer of waiting.values()) answer({ kind: 'done' });
    waiting.clear();
  }

  setAlarm();
  return {
    next(lane, turn, results) {
      if (stopped) return Promise.resolve({ kind: 'done' });
      return new Promise((resolve) => {
        waiting.set(lane, resolve);
        send({ kind: 'next', lane, turn, generation: state.generation, results });
      });
    },
    get state() {
      return state;
    },
    limit(limit, why) {
      if (!stopped) send({ kind: 'limit', limit, why });
    },
    refresh() {
      called = true;
      void commitInbox();
    },
    stop,
  };
}
