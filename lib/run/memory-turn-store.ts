import { openMemoryCallbacks } from '../callbacks/memory-store';
import { openMemoryStore } from './memory-store';
import type { KeptPause, Pauses } from './pauses';
import type { RunIndex, SubmittedRun } from './run-index';
import type { RunStores } from './run-stores';
import { type Entry, entered, type TargetQueue } from './target-queue';
import type { Totals } from './totals';
import { type Inbox, isNewer, type LaneRange, type LaneResults, type TurnStore } from './turn-store';

/** Runs, their index, the queues and pauses of their targets and what they came to in memory, for tests. */
export function openMemoryRunStores(): RunStores {
  const known: Known = { submitted: new Map(), created: new Set() };
  const store = memoryTurnStore(known);
  return {
    store,
    index: memoryRunIndex(known),
    queue: memoryTargetQueue(),
    pauses: memoryPauses(),
    totals: memoryTotals(store),
    callbacks: openMemoryCallbacks(),
  };
}

interface Known {
  readonly submitted: Map<string, SubmittedRun>;
  readonly created: Set<string>;
}

interface Turning {
  readonly inboxes: Map<number, Inbox>;
  readonly results: Map<number, LaneResults>;
  readonly details: Map<string, string>;
}

const byLane = <T extends { lane: number }>(values: Iterable<T>, { from, to }: LaneRange) =>
  structuredClone(
    [...values].filter(({ lane }) => lane >= from && lane <= to).sort((a, b) => a.lane - b.lane),
  );

function memoryTurnStore({ submitted, created }: Known): TurnStore {
  const store = openMemoryStore();
  const runs = new Map<string, Turning>();
  const changed = new Map<string, number>();
  const turning = (run: string): Turning => {
    const found = runs.get(run) ?? { inboxes: new Map(), results: new Map(), details: new Map() };
    runs.set(run, found);
    return found;
  };
  return {
    ...store,
    async create(id, record, state, events, createdAt) {
      created.add(id);
      await store.create(id, record, state, events, createdAt);
      changed.set(id, Date.now());
      const endedAt = submitted.get(id)?.endedAt;
      if (endedAt !== undefined) await store.finish(id, endedAt);
    },
    async commit(id, version, state, events) {
      await store.commit(id, version, state, events);
      changed.set(id, Date.now());
    },
    async finish(id, endedAt) {
      const isFirst = await store.finish(id, endedAt);
      const run = submitted.get(id);
      if (run !== undefined) submitted.set(id, { ...run, endedAt: run.endedAt ?? endedAt });
      return isFirst;
    },
    async putInbox(run, inbox) {
      const { inboxes } = turning(run);
      const there = inboxes.get(inbox.lane);
      if (there !== undefined && isNewer(there, inbox)) return 'late';
      inboxes.set(inbox.lane, structuredClone({ ...inbox, parked: undefined }));
      const isSame = there !== undefined && !isNewer(inbox, there);
      return isSame && there.by !== inbox.by ? 'again' : 'first';
    },
    async putResults(run, results) {
      const { results: all } = turning(run);
      const there = all.get(results.lane);
      if (there === undefined || isNewer({ ...results, attempt: 0 }, { ...there, attempt: 0 }))
        all.set(results.lane, structuredClone(results));
    },
    async readTurns(run, lanes = { from: 0, to: Infinity }) {
      const { inboxes, results } = turning(run);
      return {
        inboxes: byLane(inboxes.values(), lanes),
        results: byLane(results.values(), lanes),
        ...(await store.read(run)),
        changedAt: changed.get(run)!,
      };
    },
    async readInboxes(run, lanes) {
      return byLane(turning(run).inboxes.values(), lanes);
    },
    async setParked(run, call, token) {
      const { inboxes } = turning(run);
      const there = inboxes.get(call.lane);
      if (there === undefined || isNewer(there, call) || isNewer(call, there)) return false;
      if (there.call !== call.call) return false;
      inboxes.set(call.lane, { ...there, parked: token });
      return true;
    },
    async putDetail(run, name, text) {
      const { details } = turning(run);
      if (!details.has(name)) details.set(name, text);
    },
    async getDetail(run, name) {
      return turning(run).details.get(name);
    },
  };
}

function memoryRunIndex({ submitted, created }: Known): RunIndex {
  return {
    async submit(run) {
      if (submitted.has(run.id) || created.has(run.id)) return false;
      const fresh = { generation: 1, recoveries: 0, endedAt: undefined, refusal: undefined };
      submitted.set(run.id, { ...run, ...fresh });
      return true;
    },
    async get(id) {
      return submitted.get(id);
    },
    async page(limit, from) {
      const newest = [...submitted.values()].reverse().sort((a, b) => b.submittedAt - a.submittedAt);
      const start = from === undefined ? 0 : newest.findIndex(({ id }) => id === from) + 1;
      const runs = newest.slice(start, start + limit);
      return { runs, next: start + limit < newest.length ? runs.at(-1)?.id : undefined };
    },
    async open() {
      const open = [...submitted.values()].filter(({ endedAt }) => endedAt === undefined);
      return open.reverse().sort((a, b) => b.submittedAt - a.submittedAt);
    },
    async advance(id, expected, recovery) {
      const run = submitted.get(id);
      if (run === undefined || run.generation !== expected || run.endedAt !== undefined) return false;
      const recoveries = run.recoveries + (recovery ? 1 : 0);
      submitted.set(id, { ...run, generation: expected + 1, recoveries });
      return true;
    },
    async refuse(id, refusal, endedAt) {
      const run = submitted.get(id);
      if (run !== undefined && run.endedAt === undefined) submitted.set(id, { ...run, refusal, endedAt });
    },
  };
}

function memoryTargetQueue(): TargetQueue {
  const queues = new Map<string, readonly Entry[]>();
  const list = (target: string) => queues.get(target) ?? [];
  return {
    async enter(target, run, token, urgent) {
      const { entries, first } = entered(list(target), run, token, urgent);
      queues.set(target, entries);
      return first;
    },
    async leave(target, run) {
      queues.set(
        target,
        list(target).filter((entry) => entry.run !== run),
      );
      return list(target)[0];
    },
    async list(target) {
      return list(target);
    },
  };
}

function memoryPauses(): Pauses {
  let pauses: readonly KeptPause[] = [];
  return {
    async read() {
      return pauses;
    },
    async change(to) {
      pauses = to(pauses);
      return pauses;
    },
  };
}

function memoryTotals(store: TurnStore): Totals {
  let version = 0;
  let text: string | undefined;
  return {
    async read() {
      return { version, text };
    },
    async end(run, endedAt, add) {
      const there = await store.find(run);
      if (there === undefined || !(await store.finish(run, endedAt))) return false;
      text = add(text);
      version += 1;
      return true;
    },
  };
}
