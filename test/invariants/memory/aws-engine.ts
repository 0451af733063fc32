import { openMemoryCallbacks } from '../../../lib/callbacks/memory-store';
import type { Blobs } from '../../../lib/engine/aws/blobs';
import { overrideInRun } from '../../../lib/engine/aws/override-gate';
import type { NextAnswer, NextCall } from '../../../lib/engine/aws/protocol';
import type { KeptPass } from '../../../lib/engine/aws/results';
import { createContext } from '../../../lib/engine/aws/run-context';
import { takeOver } from '../../../lib/engine/aws/take-over';
import { answerLanes, type TurnServices, takeTurn } from '../../../lib/engine/aws/turn';
import { performLanding } from '../../../lib/engine/landing-work';
import { performMerge } from '../../../lib/engine/merge-work';
import type { AskedOverride } from '../../../lib/engine/overridable';
import { lanesOf } from '../../../lib/engine/take-over';
import { createCandidates } from '../../../lib/merge/candidate';
import { MemoryStore } from '../../../lib/performance/memory-store';
import { OperationCache } from '../../../lib/performance/operation-cache';
import type { OrderedPlan } from '../../../lib/plan/order';
import { decodeState } from '../../../lib/run/codec';
import type { Result } from '../../../lib/run/messages';
import type { RunRecord } from '../../../lib/run/record';
import type { RunState } from '../../../lib/run/state';
import type { TurnStore } from '../../../lib/run/turn-store';
import type { Attempt } from './gates';
import type { Actor, Schedule } from './schedule';
import type { World } from './world';

export interface Cloud {
  readonly schedule: Schedule;
  readonly world: World;
  readonly store: TurnStore;
  readonly record: RunRecord;
  readonly ordered: OrderedPlan;
  readonly attempt: Attempt;
  readonly choose: (n: number) => number;
}

/** A state that waits for its token as long as this, and is then tried again. */
const PARKED_MS = 3_600_000;

/**
 * The lanes of a run as Step Functions carries them, with the turn that the functions take (`takeTurn`): each call of
 * a function may be killed, is then tried again, and may overlap with the one that was given up.
 */
export async function openCloud(cloud: Cloud) {
  const { schedule, world, store, record, ordered, attempt, choose } = cloud;
  const opened = world.open({ name: 'prepare', alive: true });
  const { repository: git, merge, commits } = opened;
  const heads = record.heads.map(({ sha }) => sha);
  const made = createCandidates({ git, merge, commits, base: record.base, heads, deps: ordered.deps });
  const candidates = await Promise.all(ordered.items.map((_, item) => made.of(item)));
  const lengths = ordered.items.map(({ gates }) => gates.map(() => 1));
  const context = createContext(record, { candidates, lengths, order: { cached: false, seconds: 0 } });
  const cache = new MemoryStore();
  const memory = {
    passes: new OperationCache<KeptPass>(3600, true, { store: cache, namespace: 'gate' }),
  };
  const blobs = memoryBlobs();
  const tokens = new Map<string, (answer: NextAnswer) => void>();
  const running = new Map<Actor, () => void>();
  let calls = 0;
  let fault: (error: unknown) => void = () => {};
  const faulty = new Promise<never>((_, reject) => {
    fault = reject;
  });

  const servicesOf = (me: Actor): TurnServices => {
    const pausing =
      <A extends unknown[], R>(what: string, act: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        await schedule.pause(me, what);
        const result = await act(...args);
        await schedule.pause(me, `after ${what}`);
        return result;
      };
    return {
      store: {
        ...store,
        commit: pausing('commit', store.commit),
        putInbox: pausing('putInbox', store.putInbox),
        putResults: pausing('putResults', store.putResults),
        readTurns: pausing('readTurns', store.readTurns),
        read: pausing('read', store.read),
        readInboxes: pausing('readInboxes', store.readInboxes),
        setParked: pausing('setParked', store.setParked),
      },
      tokens: {
        succeed: pausing('answer', async (token, answer) => {
          tokens.get(token)?.(answer as NextAnswer);
          tokens.delete(token);
        }),
        fail: () => Promise.reject(new Error('no state is made to fail here')),
      },
      blobs,
      callbacks: openMemoryCallbacks(),
      pauses: { read: async () => [] },
      toolchains: { local: 'tools', container: 'tools' },
      memoryOf: () => memory,
      loadRun: async () => context,
      now: Date.now,
      pause: () => schedule.pause(me, 'backoff'),
      waited() {},
      record: async () => {},
    };
  };

  /** Calls a function. @returns undefined where it was killed */
  function call<T>(name: string, act: (me: Actor) => Promise<T>): Promise<T | undefined> {
    const me: Actor = { name, alive: true };
    return new Promise((resolve, reject) => {
      running.set(me, () => resolve(undefined));
      act(me)
        .then(resolve, reject)
        .finally(() => running.delete(me));
    });
  }

  /** `Next`, until it is answered. */
  async function next(asked: Omit<NextCall, 'token' | 'retry'>): Promise<NextAnswer> {
    for (let retry = 0; ; retry += 1) {
      calls += 1;
      const token = `token-${calls}`;
      const answered = new Promise<NextAnswer | undefined>((resolve) => {
        tokens.set(token, resolve);
        const timer = setTimeout(() => resolve(undefined), PARKED_MS);
        call(`next ${asked.lane}`, async (me) => {
          await takeTurn(servicesOf(me), { ...asked, token, retry });
          return true;
        }).then((isDone) => {
          // An answer may have been given all the same.
          if (isDone === undefined) setTimeout(() => resolve(undefined), 1000);
        }, fault);
        answeredOnce(token, () => clearTimeout(timer));
      });
      const answer = await answered;
      if (answer !== undefined) return answer;
      tokens.delete(token);
    }
  }
  function answeredOnce(token: string, then: () => void): void {
    const answer = tokens.get(token)!;
    tokens.set(token, (given) => {
      then();
      answer(given);
    });
  }

  async function lane(generation: number, number: number): Promise<void> {
    let last: number | null = null;
    let returned: NextCall['results'] = null;
    let lost: string | null = null;
    for (let count = 0; ; count += 1) {
      const asked = {
        run: record.id,
        generation,
        lane: number,
        k: 0,
        calls: count,
        last,
        results: returned,
        build: null,
        lost,
      };
      const answer: NextAnswer = await next(asked);
      last = answer.turn;
      returned = null;
      lost = null;
      if (answer.kind === 'done') return;
      if (answer.kind === 'sleep')
        await new Promise((resolve) =>
          setTimeout(resolve, Math.max(0, Date.parse(answer.until) - Date.now())),
        );
      if (answer.kind === 'gate') {
        const ran = await call(`gate ${number}`, (me) => gateFunction(me, answer.job));
        if (ran === undefined) lost = 'killed';
        else returned = ran;
      }
      if (answer.kind === 'merge')
        lost = (await call(`merge ${number}`, (me) => mergeFunction(me, generation, number, answer.turn)))
          ? null
          : 'killed';
    }
  }

  async function gateFunction(me: Actor, url: string): Promise<NonNullable<NextCall['results']>> {
    await schedule.pause(me, 'gate');
    const job = JSON.parse(String(await blobs.get(url)));
    // It may have ended before the last of them is begun.
    const returns = job.tasks
      .slice(0, 1 + choose(job.tasks.length))
      .map(({ task, attempt: number, commit }: { task: number; attempt: number; commit: string }) => {
        const { item, gate } = context.load.tasks[task]!;
        const now = Date.now();
        const outcome = attempt(context.names[item], gate.name, commit);
        return {
          task,
          attempt: number,
          outcome,
          startedAt: now,
          endedAt: now,
          exitCode: 0,
          signal: null,
          logged: false,
          artifacts: [],
        };
      });
    await schedule.pause(me, 'gate ended');
    return returns;
  }

  async function mergeFunction(me: Actor, generation: number, number: number, turn: number): Promise<true> {
    const services = servicesOf(me);
    const turns = await services.store.readTurns(record.id);
    const state = decodeState(context.load, turns.state);
    const { work } = state.lanes[number] ?? {};
    const isCurrent = state.generation === generation && state.lanes[number]?.turn === turn;
    const isDone = turns.results.some(
      (row) => row.lane === number && row.generation === generation && row.turn === turn,
    );
    if (isDone || !isCurrent || (work?.kind !== 'merge' && work?.kind !== 'land')) return true;
    const workspace = { ...world.open(me), store: services.store };
    const results: Result[] =
      work.kind === 'merge'
        ? await performMerge(workspace, record, ordered, work)
        : [await performLanding(workspace, record, work, generation)];
    await services.store.putResults(record.id, { lane: number, generation, turn, results });
    return true;
  }

  const lanes = lanesOf(record, context.load);
  const start = (generation: number) =>
    Promise.all(Array.from({ length: lanes }, (_, number) => lane(generation, number)));
  const stateNow = async () => decodeState(context.load, (await store.read(record.id)).state);
  const later = new Map<number, Promise<unknown>>();

  /** The lanes of the last generation end the run. */
  async function carry(): Promise<RunState> {
    let lanesOf: Promise<unknown> = start(1);
    for (let generation = 1; ; generation += 1) {
      await lanesOf;
      const state = await stateNow();
      if (state.generation === generation) return state;
      lanesOf = later.get(generation + 1)!;
    }
  }

  return {
    ended: Promise.race([carry(), faulty]),
    /** A function dies, or all of the run is taken over while its lanes still go on. */
    async harm(): Promise<void> {
      const functions = [...running.keys()];
      if (functions.length > 0 && choose(4) > 0) {
        const me = functions[choose(functions.length)]!;
        schedule.kill(me);
        running.get(me)!();
        running.delete(me);
        return;
      }
      const { generation, phase } = await stateNow();
      if (phase === 'done') return;
      const next = generation + 1;
      await takeOver({ store, now: Date.now }, context.load, record, next);
      // Somebody else may have taken it over to the same: executions are started by name, once.
      if (!later.has(next)) later.set(next, start(next));
    },
    async override(asked: AskedOverride, me: Actor): Promise<void> {
      await overrideInRun(servicesOf(me), record.id, asked);
    },
    /** Somebody else has changed the run. */
    wake: (me: Actor) => answerLanes(servicesOf(me), record.id),
  };
}

function memoryBlobs(): Blobs {
  const files = new Map<string, string>();
  const none = () => Promise.reject(new Error('gates keep nothing here'));
  return {
    async put(key, body) {
      files.set(key, String(body));
    },
    async get(key) {
      const found = files.get(key);
      return found === undefined ? undefined : Buffer.from(found);
    },
    list: async (prefix) => [...files.keys()].filter((key) => key.startsWith(prefix)).sort(),
    copy: async () => false,
    readUrl: async (key) => key,
    writeUrl: async (key) => key,
    writeForm: none,
  };
}
