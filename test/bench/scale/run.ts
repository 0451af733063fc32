import { openMemoryCallbacks } from '../../../lib/callbacks/memory-store';
import type { Usage } from '../../../lib/cost/usage';
import type { Blobs } from '../../../lib/engine/aws/blobs';
import type { GateReturn, NextCall } from '../../../lib/engine/aws/protocol';
import { usageOf } from '../../../lib/engine/aws/run-usage';
import { type TurnServices, takeTurn } from '../../../lib/engine/aws/turn';
import { openDurations } from '../../../lib/engine/durations';
import { laneMachine } from '../../../lib/infra/lane-machine';
import { MemoryStore } from '../../../lib/performance/memory-store';
import { OperationCache } from '../../../lib/performance/operation-cache';
import { decodeState, encodeState } from '../../../lib/run/codec';
import { openDynamoRunStores } from '../../../lib/run/dynamodb/stores';
import { encodeRecord } from '../../../lib/run/record';
import { ItemStatus, newState } from '../../../lib/run/state';
import { start } from '../../../lib/run/step';
import type { TurnStore } from '../../../lib/run/turn-store';
import { contextOf, performMerge } from '../../cost/simulate';
import { type Call, execute, Fault, type Value } from '../../infra/execution';
import { type Actor, Clock } from './clock';
import { type Asked, limitedTable } from './table';

export interface Scale {
  readonly items: number;
  readonly lanes: number;
  readonly gateSeconds: number;
}

/** What a run has used, counted where it was used. */
export interface Used {
  readonly usage: Usage;
  readonly table: Asked;
  readonly files: { puts: number; gets: number; others: number };
  readonly merged: number;
  /** Of lanes: executions, states that were entered, and events of the longest history. */
  readonly executions: number;
  readonly transitions: number;
  readonly longestHistory: number;
  /** Bytes of the largest payload that goes from state to state. */
  readonly largestPayload: number;
  /** Calls of `next`, and the longest of them in the time of the run, in ms. */
  readonly calls: number;
  readonly longestCall: number;
  readonly longestGateCall: number;
  /** Processor time of all calls of `next` on this machine, in ms. */
  readonly cpuMs: number;
  /** The whole run, in its own time, in ms. */
  readonly makespan: number;
}

/** Characters of a task token. */
const TOKEN = 700;
/** How long services take, in ms: requests to DynamoDB and S3, the start of a call, of a gate, of weaving. */
const TAKES = { table: 6, blob: 25, call: 40, token: 15, gate: 1_000, merge: 1_500 };

/**
 * A run with simulated gates: the state machine of the lanes by its definition, the turn of a lane as the function takes
 * it, and the stores of DynamoDB on a table in memory with its limits.
 */
export async function carry({ items, lanes, gateSeconds }: Scale): Promise<Used> {
  const context = contextOf({ items, lanes, gateSeconds, remembered: 0 });
  const { load, record } = context;
  const clock = new Clock();
  const { asked, client } = limitedTable(() => clock.now);
  const files = new Map<string, string>();
  const used = { puts: 0, gets: 0, others: 0 };
  const tokens = new Map<string, (answer: Value) => void>();
  const tally = { calls: 0, longestCall: 0, longestGateCall: 0, executions: 0, transitions: 0 };
  let [longestHistory, largestPayload, makespan, token] = [0, 0, 0, 0];
  // The same jitter each time (a linear congruential generator, Numerical Recipes).
  let word = 1;
  const random = () => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    return word / 2 ** 32;
  };
  const takes = (actor: Actor, ms: number) => clock.sleep(actor, ms * (0.5 + random()));

  const storesFor = (actor: Actor) =>
    openDynamoRunStores({
      client: client(() => takes(actor, TAKES.table)),
      table: 'runs',
      retentionSeconds: 86_400 * 365,
      now: () => clock.now,
    });
  const blobsFor = (actor: Actor): Blobs => {
    const counted = async (kind: keyof typeof used) => {
      used[kind] += 1;
      await takes(actor, TAKES.blob);
    };
    return {
      async put(key, body) {
        await counted('puts');
        files.set(key, String(body));
      },
      async get(key) {
        await counted('gets');
        const found = files.get(key);
        return found === undefined ? undefined : Buffer.from(found);
      },
      async list() {
        await counted('others');
        return [];
      },
      async copy() {
        await counted('others');
        return true;
      },
      readUrl: async (key) => `https://bucket.example/${key}?${'s'.repeat(1_200)}`,
      writeUrl: async (key) => `https://bucket.example/${key}?${'s'.repeat(1_200)}`,
      writeForm: async (url) => ({ url, fields: {} }),
    };
  };
  const cache = new MemoryStore();
  const memory = {
    passes: new OperationCache<never>(3600, true, { store: cache, namespace: 'gate/1' }),
    durations: openDurations(record.plan.policy.performance, cache),
  };
  const servicesFor = (actor: Actor): TurnServices => ({
    ...storesFor(actor),
    blobs: blobsFor(actor),
    callbacks: openMemoryCallbacks(),
    tokens: {
      async succeed(given, answer) {
        await takes(actor, TAKES.token);
        tokens.get(given)?.(answer);
        tokens.delete(given);
      },
      fail: () => Promise.reject(new Error('no state is made to fail here')),
    },
    toolchains: { local: 'tools', container: 'engine' },
    memoryOf: () => memory as never,
    loadRun: async () => context,
    now: () => clock.now,
    pause: (ms) => clock.sleep(actor, ms),
    waited() {},
    record: async () => {},
  });

  /** `Next`: its lane waits until somebody answers, or its time is over. */
  function next(lane: Actor, input: Value, timeout: number): Promise<Value> {
    const mine = `token-${token++}`.padEnd(TOKEN, '.');
    return new Promise((resolve, reject) => {
      clock.park(lane);
      const wake = (then: () => void) => {
        tokens.delete(mine);
        clock.resume(lane);
        then();
      };
      tokens.set(mine, (answer) => wake(() => resolve(answer)));
      clock.at(clock.now + timeout * 1000, () => {
        if (tokens.has(mine)) wake(() => reject(new Fault('States.Timeout')));
      });
      const actor = clock.enter();
      const called = async () => {
        await takes(actor, TAKES.call);
        const from = clock.now;
        const call: NextCall = { ...input, token: mine };
        await takeTurn(servicesFor(actor), call);
        tally.calls += 1;
        tally.longestCall = Math.max(tally.longestCall, clock.now - from);
        clock.leave(actor);
      };
      called().catch(fail);
    });
  }

  async function gate(lane: Actor, url: string): Promise<Value> {
    await takes(lane, TAKES.gate);
    const from = clock.now;
    const job = JSON.parse(files.get(new URL(url).pathname.slice(1))!);
    const results: GateReturn[] = [];
    for (const { task, attempt } of job.tasks) {
      const startedAt = clock.now;
      await clock.sleep(lane, gateSeconds * 1000);
      results.push({
        ...{ task, attempt, outcome: 'pass', startedAt, endedAt: clock.now, exitCode: 0, signal: null },
        ...{ logged: true, artifacts: [], heapUsedBytes: 30e6, rssBytes: 90e6 },
      });
    }
    tally.longestGateCall = Math.max(tally.longestGateCall, clock.now - from);
    return { Payload: { results } };
  }

  async function merge(lane: Actor, { generation, lane: number, turn }: Value): Promise<Value> {
    const { store }: { store: TurnStore } = storesFor(lane);
    const { state: text } = await store.readTurns(record.id);
    const { work } = decodeState(load, text).lanes[number]!;
    await takes(lane, TAKES.merge);
    const results = performMerge(work!, TAKES.merge);
    await store.putResults(record.id, { lane: number, generation, turn, results });
    return { Payload: null };
  }

  /** One lane, execution after execution. */
  async function lane(number: number): Promise<void> {
    const actor = clock.enter();
    for (let k = 0; ; k += 1) {
      const task = async ({ state, arguments: called, timeout }: Call): Promise<Value> => {
        const result =
          state === 'Next'
            ? await next(actor, called.Payload, timeout)
            : state === 'Gate'
              ? await gate(actor, called.Payload.job)
              : await merge(actor, called.Payload);
        for (const payload of [called, result])
          largestPayload = Math.max(largestPayload, Buffer.byteLength(JSON.stringify(payload)));
        return result;
      };
      const input = { run: record.id, generation: 1, lane: number, k };
      const { status, output, path, events, error } = await execute(laneMachine(), input, task);
      if (status !== 'SUCCEEDED') throw error;
      tally.executions += 1;
      // Begin, Lane, Rotated? and LaneDone keep it going.
      tally.transitions += path.length + (k === 0 ? 4 : 2);
      longestHistory = Math.max(longestHistory, events.length);
      if (output.end === 'done') break;
    }
    makespan = clock.now;
    clock.leave(actor);
  }

  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const prepare = async () => {
    const actor = clock.enter();
    const { store } = storesFor(actor);
    const first = start(load, newState(load, lanes, record.base), [], 0);
    await store.create(record.id, encodeRecord(record), encodeState(first.state), first.events, 0);
    clock.leave(actor);
  };
  await clock.runUntil(Promise.race([prepare(), failed]));
  const before = process.cpuUsage();
  const all = Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  await clock.runUntil(Promise.race([all, failed]));
  const { user, system } = process.cpuUsage(before);

  const actor = clock.enter();
  const { store } = storesFor(actor);
  const read = async () => {
    const { state: text, version } = await store.read(record.id);
    const state = decodeState(load, text);
    const commits = await Array.fromAsync(store.eventsAfter(record.id, 0));
    return { state, usage: usageOf(context, state, version, commits, makespan) };
  };
  const counted = structuredClone(asked);
  const { state, usage } = await clock.runUntil(read());
  return {
    ...{ usage, table: counted, files: used, longestHistory, largestPayload, makespan, ...tally },
    merged: state.items.filter((status) => status === ItemStatus.woven).length,
    cpuMs: (user + system) / 1000,
  };
}
