import { type CommittedEvents, type RunStore, StaleVersionError, type StoredRun } from './store';

interface Entry {
  run: StoredRun;
  version: number;
  state: string;
  /** Events as JSON, by the version that they came with. */
  commits: { readonly version: number; readonly events: string }[];
}

/** Runs in memory, for tests and for whoever needs no resume. */
export function openMemoryStore(): RunStore {
  const runs = new Map<string, Entry>();
  const entry = (id: string): Entry => {
    const found = runs.get(id);
    if (found === undefined) throw new Error(`unknown run ${id}`);
    return found;
  };
  async function* eventsAfter(id: string, after: number): AsyncGenerator<CommittedEvents> {
    for (const { version, events: text } of entry(id).commits) {
      const events = JSON.parse(text);
      if (version > after && events.length > 0) yield { version, events };
    }
  }
  return {
    async create(id, record, state, events, createdAt) {
      if (runs.has(id)) throw new Error(`run ${id} exists already`);
      const run = { id, record, createdAt, endedAt: undefined };
      runs.set(id, { run, version: 1, state, commits: [{ version: 1, events: JSON.stringify(events) }] });
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
      found.commits.push({ version: found.version, events: JSON.stringify(events) });
    },
    async events(id) {
      return (await Array.fromAsync(eventsAfter(id, 0))).flatMap(({ events }) => events);
    },
    eventsAfter,
    async finish(id, endedAt) {
      const found = entry(id);
      if (found.run.endedAt !== undefined) return false;
      found.run = { ...found.run, endedAt };
      return true;
    },
    async close() {},
  };
}
