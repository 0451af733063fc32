import { receiveCallback } from '../../../lib/callbacks/receive';
import { isLanding } from '../../../lib/engine/apply-pause';
import { type Blobs, blobKeys } from '../../../lib/engine/aws/blobs';
import { pauseTargets, unpauseTargets } from '../../../lib/engine/aws/pause-targets';
import type { GateJob, GateReturn, NextAnswer } from '../../../lib/engine/aws/protocol';
import { type CheckRequest, requestCheck } from '../../../lib/engine/aws/request-check';
import type { Memory } from '../../../lib/engine/aws/results';
import type { RunContext } from '../../../lib/engine/aws/run-context';
import { lineOf } from '../../../lib/engine/aws/run-queue';
import type { Tokens } from '../../../lib/engine/aws/tokens';
import { type TurnServices, takeTurn } from '../../../lib/engine/aws/turn';
import { InputError } from '../../../lib/errors';
import { OperationCache } from '../../../lib/performance/operation-cache';
import { decodeState, encodeState } from '../../../lib/run/codec';
import { openMemoryRunStores } from '../../../lib/run/memory-turn-store';
import type { SubmittedRun } from '../../../lib/run/run-index';
import { newState } from '../../../lib/run/state';
import { start, step } from '../../../lib/run/step';
import { StaleVersionError } from '../../../lib/run/store';
import type { Workload } from '../../../lib/run/workload';
import { answerTo } from '../../callbacks/requests';
import { createReality, planOf, type World, workloadOf } from '../../run/world';

/** What may go wrong; every choice is made by `choose(n)`, a number below n. */
export interface Weather {
  /** Functions die before or after anything they do. */
  readonly crashes: boolean;
  /** Calls are delivered twice. */
  readonly duplicates: boolean;
  /** Waiting calls time out and are made again. */
  readonly timeouts: boolean;
  /** Gate and merge functions are lost, twice at most. */
  readonly losses: boolean;
  /** Lanes go on in another execution. */
  readonly rotations: boolean;
  /** All executions end, and the run is taken over, twice at most. */
  readonly takeovers: boolean;
  /** Somebody pauses the target, twice at most, and ends that again. */
  readonly pauses: boolean;
}

class Crash extends Error {}

const RUN = 'r1';

/**
 * A run on what Step Functions, Lambda and DynamoDB promise and no more: lanes as state machines whose calls may
 * die, be repeated and interleave at every point where a service is called.
 */
export async function runInCloud(world: World, choose: (n: number) => number, weather: Weather) {
  const { ordered, policy } = planOf(world);
  const load = withChecks(workloadOf(world));
  const reality = createReality(world, load);
  const { store, callbacks, pauses } = openMemoryRunStores();
  const files = new Map<string, string>();
  const waiting = new Map<string, (answer: NextAnswer) => void>();
  const cells = new Map<string, string>();
  let now = 0;
  let crashes = weather.crashes ? 20 : 0;
  let losses = weather.losses ? 2 : 0;
  let repeats = 30;
  let nextToken = 0;
  let executed = 0;
  let overlapping = 0;
  let most = 0;

  // Whoever calls a service goes on when it is chosen; in between anybody else may have.
  const ready: (() => void)[] = [];
  const point = async () => {
    await new Promise<void>((resolve) => {
      ready.push(resolve);
    });
    if (crashes > 0 && choose(25) === 0) {
      crashes -= 1;
      throw new Crash('the function died');
    }
  };
  /** The methods of a service, each of which may be the last thing that a function does, or not be done any more. */
  const guarded = <T extends object>(service: T): T =>
    new Proxy(service, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          await point();
          const result = await method.apply(target, args);
          await point();
          return result;
        };
      },
    });

  const record = {
    id: RUN,
    engine: 'aws' as const,
    plan: { repository: 'https://host/r', target: 'main', items: ordered.items, policy },
    execute: world.execute,
    gatesOnly: false,
    lanes: world.lanes,
    artifactFolder: '',
    startedAt: 0,
    base: 'base',
    heads: ordered.items.map(({ name }) => ({ ref: null, sha: name })),
    outdated: [],
    committer: { name: 'n', email: 'e' },
  };
  const context: RunContext = {
    record,
    ordered,
    load,
    names: ordered.items.map(({ name }) => name),
    facts: {
      candidates: ordered.items.map(({ name }, item) => ({
        kind: 'clean',
        commit: `commit-${name}`,
        tree: `tree-${name}`,
        empty: world.empty.includes(item),
      })),
      lengths: [],
      order: { cached: false, seconds: 0 },
    },
  };
  const memory: Memory = {
    passes: new OperationCache(60, true),
  };
  const blobs: Blobs = {
    put: async (key, body) => void files.set(key, String(body)),
    get: async (key) => Buffer.from(files.get(key) ?? ''),
    list: async (prefix) => [...files.keys()].filter((key) => key.startsWith(prefix)),
    copy: async () => true,
    readUrl: async (key) => key,
    writeUrl: async (key) => key,
    writeForm: async (prefix) => ({ url: prefix, fields: {} }),
  };
  const tokens: Tokens = {
    async succeed(token, output) {
      waiting.get(token)?.(output as NextAnswer);
      waiting.delete(token);
    },
    async fail() {},
  };
  const services: TurnServices = {
    store: guarded(store),
    pauses: guarded(pauses),
    callbacks: guarded(callbacks),
    blobs: guarded(blobs),
    tokens: guarded(tokens),
    loadRun: async () => context,
    memoryOf: () => memory,
    toolchains: { local: 'tools', container: 'engine' },
    now: () => now,
    pause: () => new Promise<void>((resolve) => ready.push(resolve)),
    waited: () => {},
    record: async () => {},
    lanesAtOnce: 1 + choose(3),
  };

  const first = start(load, newState(load, world.lanes, 'base'), [], 0);
  await store.create(RUN, 'record', encodeState(first.state), first.events, 0);

  /** The state `Next` with its task token: made again with a new one until somebody answers. */
  async function next(
    call: Pick<
      Parameters<typeof takeTurn>[1],
      'generation' | 'lane' | 'k' | 'calls' | 'last' | 'results' | 'lost'
    >,
    isOver: () => boolean,
  ): Promise<NextAnswer | undefined> {
    for (let retry = 0; ; retry += 1) {
      const token = `t${nextToken++}`;
      const answered = new Promise<NextAnswer>((resolve) => {
        waiting.set(token, resolve);
      });
      const full = { ...call, run: RUN, retry, token };
      const invoke = () => {
        const called = takeTurn(services, full).then(
          () => 'parked' as const,
          (error: unknown) => {
            if (error instanceof Crash) return 'failed' as const;
            throw error;
          },
        );
        flying.add(called);
        return called.finally(() => flying.delete(called));
      };
      const calls = [invoke()];
      if (weather.duplicates && repeats > 0 && choose(6) === 0) {
        repeats -= 1;
        calls.push(invoke());
      }
      const ended = await Promise.race([answered, Promise.all(calls)]);
      if (!Array.isArray(ended)) return ended;
      if (!ended.includes('failed') && !isOver()) {
        // Parked: it waits for somebody else, or for its time to be over.
        const timeout =
          weather.timeouts && repeats > 0 && choose(4) === 0
            ? (async () => {
                repeats -= 1;
                for (let k = choose(20); k >= 0; k -= 1) await new Promise<void>((r) => ready.push(r));
                return undefined;
              })()
            : new Promise<never>(() => {});
        const killed = new Promise<undefined>((resolve) => onKill.push(() => resolve(undefined)));
        const answer = await Promise.race([answered, timeout, killed]);
        if (answer !== undefined) return answer;
      }
      waiting.delete(token);
      if (isOver()) return undefined;
    }
  }

  /** Functions of lanes that are under way. */
  const flying = new Set<Promise<unknown>>();
  /** A pause has been acknowledged, with no word of a landing under way. */
  let isClosed = false;
  /** Who pauses or ends a pause asks again until there is an answer; who pauses may not find the run. */
  async function holdForAWhile(): Promise<void> {
    const place = { target: 'main', repository: 'https://host/r.git' };
    const found = [{ id: RUN, target: lineOf('https://host/r', 'main') }] as unknown as SubmittedRun[];
    const misses = choose(3) === 0;
    const pausing = {
      ...services,
      pauses: guarded(pauses),
      index: { open: async () => (misses ? [] : found) },
    };
    const ending = { ...pausing, index: { open: async () => found } };
    const untilAnswered = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
      for (;;) {
        try {
          return await ask();
        } catch (error) {
          if (error instanceof InputError) return undefined;
          if (!(error instanceof Crash)) throw error;
        }
      }
    };
    const asked = await untilAnswered(() => pauseTargets(pausing, { ...place, why: 'by ann: wait' }));
    // Who has missed the run knows nothing of a landing that was being decided on; later ones find the pause.
    if (misses) await Promise.allSettled(flying);
    const before = decodeState(load, (await store.read(RUN)).state);
    isClosed = record.execute && asked?.landing.length === 0 && !isLanding(before);
    for (let k = choose([3, 30, 200][choose(3)]!); k >= 0; k -= 1)
      await new Promise<void>((r) => ready.push(r));
    isClosed = false;
    await untilAnswered(() => unpauseTargets(ending, place));
  }

  let generation = 1;
  let pausing = false;
  let holds = weather.pauses ? 2 : 0;
  let takeovers = weather.takeovers ? 2 : 0;
  let onKill: (() => void)[] = [];

  async function lane(number: number, mine: number): Promise<void> {
    const isOver = () => mine !== generation;
    let last: number | null = null;
    let results: GateReturn[] | null = null;
    let lost: string | null = null;
    let k = 0;
    let calls = 0;
    for (;;) {
      if (isOver()) return;
      if (weather.rotations && last !== null && results === null && lost === null && choose(8) === 0) {
        last = null;
        k += 1;
        calls = 0;
      }
      const answer = await next({ generation: mine, lane: number, k, calls, last, results, lost }, isOver);
      calls += 1;
      if (answer === undefined || answer.kind === 'done') return;
      results = null;
      lost = null;
      last = answer.turn;
      // The execution may end before the work is begun; the next one is given it again.
      if (weather.rotations && choose(12) === 0) {
        last = null;
        k += 1;
        calls = 0;
        continue;
      }
      if (answer.kind === 'settled') continue;
      if (answer.kind === 'sleep') {
        now = Math.max(now, Date.parse(answer.until));
        continue;
      }
      if (losses > 0 && choose(6) === 0) {
        losses -= 1;
        lost = 'out of memory';
        continue;
      }
      if (answer.kind === 'gate') results = await gate(answer.job);
      else if (answer.kind === 'check')
        await check({ generation: mine, lane: number, k, calls, turn: answer.turn }, isOver);
      else await merge(number, mine, answer.turn);
    }
  }

  async function gate(key: string): Promise<GateReturn[]> {
    overlapping += 1;
    most = Math.max(most, overlapping);
    await new Promise<void>((resolve) => ready.push(resolve));
    overlapping -= 1;
    const job: GateJob = JSON.parse(files.get(key)!);
    const state = decodeState(load, (await store.read(RUN)).state);
    // It may have ended before the last of them is begun.
    const tasks = job.tasks.slice(0, 1 + choose(job.tasks.length));
    executed += tasks.length;
    return reality.perform({ kind: 'gates', tasks }, state, now).map((result) => {
      if (result.kind !== 'gate') throw new Error('only gates run here');
      const { task, attempt, startedAt, endedAt } = result;
      const outcome = result.outcome === 'pass' ? 'pass' : 'fail';
      const rest = { exitCode: 0, signal: null, logged: true, artifacts: [] as string[] };
      return { task, attempt, startedAt, endedAt, outcome, ...rest, heapUsedBytes: 1, rssBytes: 1 };
    });
  }

  /** The state `Check`: a fault is tried again, and it is over at its time limit, which may be early. */
  async function check(
    call: Pick<Parameters<typeof requestCheck>[1], 'generation' | 'lane' | 'k' | 'calls' | 'turn'>,
    isOver: () => boolean,
  ): Promise<void> {
    for (let retry = 0; !isOver(); retry += 1) {
      const token = `t${nextToken++}`;
      const answered = new Promise<true>((resolve) => {
        waiting.set(token, () => resolve(true));
      });
      const killed = new Promise<true>((resolve) => onKill.push(() => resolve(true)));
      const asking = {
        ...services,
        apiUrl: 'https://api',
        publish: async (asked: CheckRequest) => ask(asked),
      };
      const invoke = () =>
        requestCheck(asking, { ...call, run: RUN, retry, token }).then(
          () => true,
          (error: unknown) => {
            if (error instanceof Crash) return false;
            throw error;
          },
        );
      const invoked = [
        invoke(),
        ...(weather.duplicates && repeats-- > 0 && choose(6) === 0 ? [invoke()] : []),
      ];
      if ((await Promise.race([answered, killed, Promise.all(invoked)])) === true) return;
      if (!(await Promise.all(invoked)).includes(true)) continue;
      const timeout = async () => {
        repeats -= 1;
        for (let k = choose(20); k >= 0; k -= 1) await new Promise<void>((r) => ready.push(r));
      };
      const isShort = weather.timeouts && repeats > 0 && choose(4) === 0;
      await Promise.race([answered, killed, ...(isShort ? [timeout()] : [])]);
      return;
    }
  }

  /** Somebody elsewhere carries out a check, and answers until that is taken. */
  function ask({ callback, document }: CheckRequest): void {
    const [task, attempt] = callback.id.split('.')[1]!.split('-').slice(1).map(Number);
    if (!files.has(document)) throw new Error('there is nothing behind the URL of the document');
    void (async () => {
      const state = decodeState(load, (await store.read(RUN)).state);
      const work = { kind: 'gates', tasks: [{ task: task!, attempt: attempt! }] } as const;
      const [result] = reality.perform(work, state, now);
      if (result?.kind !== 'gate') throw new Error('only gates are checks');
      executed += 1;
      const status = result.outcome === 'pass' ? 'pass' : 'fail';
      const receiving = {
        callbacks: services.callbacks,
        now: () => now,
        isOpen: async () => true,
        async onAnswer(run: string, place: string) {
          const waiter = await services.callbacks.waiter(run, place);
          if (waiter !== undefined) await services.tokens.succeed(waiter.token, {});
        },
      };
      for (;;) {
        const answer = answerTo(callback, { status, log: callback.id }, { at: now });
        const taken = await receiveCallback(receiving, callback.id, answer).catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
        });
        if (taken?.status === 200) return;
        if (taken !== undefined) throw new Error(`an answer was refused: ${taken.body}`);
      }
    })().catch((error: unknown) => cells.set('stuck', String(error)));
  }

  async function merge(number: number, mine: number, turn: number): Promise<void> {
    await new Promise<void>((resolve) => ready.push(resolve));
    const state = decodeState(load, (await store.read(RUN)).state);
    const { work, turn: current } = state.lanes[number] ?? {};
    if (state.generation !== mine || current !== turn || work === undefined) return;
    if (work.kind === 'land' && isClosed) cells.set('stuck', 'it landed during a pause');
    const results = reality.perform(work, state, now);
    await store.putResults(RUN, { lane: number, generation: mine, turn, results });
  }

  let done = false;
  const lives = (async () => {
    for (;;) {
      const mine = generation;
      await Promise.all(Array.from({ length: world.lanes }, (_, number) => lane(number, mine)));
      if (mine === generation) return;
    }
  })().finally(() => {
    done = true;
  });

  for (let steps = 0; !done; steps += 1) {
    // Everything that can go on without a choice has gone on.
    await new Promise((resolve) => setImmediate(resolve));
    if (done) break;
    if (holds > 0 && !pausing && choose(20) === 0) {
      holds -= 1;
      pausing = true;
      holdForAWhile()
        .catch((error: unknown) => cells.set('stuck', String(error)))
        .finally(() => {
          pausing = false;
        });
    }
    if (takeovers > 0 && choose(60) === 0) {
      takeovers -= 1;
      await takeOver();
    }
    if (ready.length === 0 || steps > 200_000) {
      cells.set('stuck', `nothing goes on after ${steps} steps`);
      break;
    }
    ready.splice(choose(ready.length), 1)[0]!();
  }
  if (!cells.has('stuck')) await lives;
  const state = decodeState(load, (await store.read(RUN)).state);
  return {
    items: [...state.items],
    target: reality.target(),
    stuck: cells.get('stuck'),
    phase: state.phase,
    executed,
    most,
    jobs: [...files.keys()].filter((key) => key.startsWith(blobKeys.job(RUN, 1, 0, 1).slice(0, 8))).length,
  };

  async function takeOver(): Promise<void> {
    for (;;) {
      const { state: text, version } = await store.read(RUN);
      const taken = step(load, decodeState(load, text), [{ kind: 'takeover', lanes: world.lanes }], now);
      try {
        await store.commit(RUN, version, encodeState(taken.state), taken.events);
        generation = taken.state.generation;
        const killed = onKill;
        onKill = [];
        for (const kill of killed) kill();
        return;
      } catch (error) {
        if (!(error instanceof StaleVersionError)) throw error;
      }
    }
  }
}

/** The gates of one name run elsewhere. */
function withChecks(load: Workload): Workload {
  return {
    ...load,
    tasks: load.tasks.map((task) =>
      task.gate.name === 'g1'
        ? { ...task, gate: { ...task.gate, runtime: 'ci-service', timeoutSeconds: 600 } }
        : task,
    ),
  };
}
