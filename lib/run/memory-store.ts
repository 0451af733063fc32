import type { RunEvent } from './messages';
import { type RunStore, StaleVersionError, type StoredRun } from './store';

interface Entry {
  run: StoredRun;
  version: number;
  state: string;
  events: string[];
}

/** Runs in memory, for tests and for whoever needs no resume. */
export function openMemoryStore(): RunStore {
  const runs = new Map<string, Entry>();
  const entry = (id: string): Entry => {
    const found = runs.get(id);
    if (found === undefined) throw new Error(`unknown run ${id}`);
    return found;
  };
  return {
    async create(id, record, state, events, createdAt) {
      if (runs.has(id)) throw new Error(`run ${id} exists already`);
      const run = { id, record, createdAt, endedAt: undefined };
      runs.set(id, { run, version: 1, state, events: events.map((event) => JSON.stringify(event)) });
    },
    async find(id) {
      return runs.get(id)?.run;
    },
    async list() {
      return [...runs.values()].map(({ run }) => run).reverse();
    },
    async read(id) {
      const { version, state } = entry(id);
      return { version, state };
    },
    async commit(id, version, state, events) {
      const found = entry(id);
      if (found.version !== version) throw new StaleVersionError(id, version);
      found.version += 1;
      found.state = state;
      found.events.push(...events.map((event) => JSON.stringify(event)));
    },
    async events(id) {
      return entry(id).events.map((event): RunEvent => JSON.parse(event));
    },
    async finish(id, endedAt) {
      const found = entry(id);
      if (found.run.endedAt === undefined) found.run = { ...found.run, endedAt };
    },
    async close() {},
  };
}
