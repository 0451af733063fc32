import type { Row } from '../../aws/attributes';
import { type CommittedEvents, type RunStore, StaleVersionError, type StoredRun } from '../store';
import { ABSENT, LISTED, PRESENT, persist, type Rows } from './rows';
import { packText, unpackText } from './text';

/** What is known of a run as such, from before it begins to after its end. */
export const RUN = 'RUN';
/** The state and its version. */
export const STATE = 'TURN#STATE';
const RECORD = 'RECORD';
const eventRow = (version: number) => `EVENT#${String(version).padStart(10, '0')}`;

/**
 * Runs in DynamoDB. Rows of a run: `RUN`, `RECORD`, `TURN#STATE`, and `EVENT#version` with the events of one commit.
 * A commit is one transaction, and what is too large for it goes ahead of it, so that there is no limit to a state.
 */
export function openDynamoRunStore(rows: Rows): RunStore {
  const body = (run: string, text: string, expiresAt: number) =>
    packText(rows, run, 'body', text, expiresAt).then((packed) => ({ ...packed, expiresAt }));
  const unpacked = (row: Row) => unpackText(rows, row, 'body');

  /** What makes a version, for a transaction. */
  async function committing(
    run: string,
    version: number,
    state: string,
    events: readonly unknown[],
    condition: { readonly expression: string; readonly values?: Row },
  ) {
    const expiresAt = rows.expiry();
    const [stateBody, eventBody] = await Promise.all([
      body(run, state, expiresAt),
      events.length > 0 ? body(run, JSON.stringify(events), expiresAt) : undefined,
    ]);
    const puts = [rows.putOf(run, STATE, { ...stateBody, version, changedAt: rows.now() }, condition)];
    const event = eventBody && { ...eventBody, version };
    if (event) puts.push(rows.putOf(run, eventRow(version), event, { expression: ABSENT }));
    return puts.map((Put) => ({ Put }));
  }

  async function stored(run: Row | undefined): Promise<StoredRun | undefined> {
    if (run?.createdAt === undefined) return undefined;
    const id = String(run.run);
    const record = await rows.get(id, RECORD);
    if (record === undefined) return undefined;
    const endedAt = run.endedAt === undefined ? undefined : Number(run.endedAt);
    return { id, record: await unpacked(record), createdAt: Number(run.createdAt), endedAt };
  }

  async function* eventsAfter(run: string, version: number): AsyncGenerator<CommittedEvents> {
    for await (const page of rows.pages(run, eventRow(version + 1), 'EVENT#~')) {
      const texts = await Promise.all(page.map(unpacked));
      for (const [k, row] of page.entries())
        yield { version: Number(row.version), events: JSON.parse(texts[k]!) };
    }
  }

  return {
    async create(id, record, state, events, createdAt) {
      const commit = await committing(id, 1, state, events, { expression: ABSENT });
      const Put = rows.putOf(id, RECORD, await body(id, record, rows.expiry()));
      await persist(`creating run ${id}`, async () => {
        const [run, there] = await Promise.all([rows.get(id, RUN), rows.get(id, STATE)]);
        if (there !== undefined) throw new Error(`run ${id} exists already`);
        const begun = run
          ? {
              Update: rows.updateOf(id, RUN, 'SET #createdAt = :createdAt', {
                expression: PRESENT,
                values: { createdAt },
              }),
            }
          : {
              Put: rows.putOf(
                id,
                RUN,
                { list: LISTED, open: LISTED, startedAt: createdAt, createdAt },
                { expression: ABSENT },
              ),
            };
        // Refused: the state or the run's row has come meanwhile.
        return (await rows.transact([...commit, { Put }, begun])) === 'written' ? true : undefined;
      });
    },

    async find(id) {
      return stored(await rows.get(id, RUN));
    },

    async list() {
      const runs: StoredRun[] = [];
      let page: Awaited<ReturnType<Rows['newest']>> | undefined;
      do {
        page = await rows.newest('byTime', 50, page?.last);
        for (const run of await Promise.all(page.rows.map(stored))) if (run) runs.push(run);
      } while (page.last !== undefined);
      return runs.sort((a, b) => b.createdAt - a.createdAt);
    },

    async read(id) {
      const row = await rows.get(id, STATE);
      if (row === undefined) throw new Error(`unknown run ${id}`);
      return { version: Number(row.version), state: await unpacked(row) };
    },

    async commit(id, version, state, events) {
      const condition = { expression: `${PRESENT} AND #version = :version`, values: { version } };
      const commit = await committing(id, version + 1, state, events, condition);
      if ((await rows.transact(commit)) !== 'written') throw new StaleVersionError(id, version);
    },

    async events(id) {
      return (await Array.fromAsync(eventsAfter(id, 0))).flatMap(({ events }) => events);
    },

    eventsAfter,

    async finish(id, endedAt) {
      return updateRun(rows, id, ENDING, OPEN, { endedAt });
    },

    async close() {},
  };
}

/** What ends a run, in an update of the row `RUN`: it leaves the index of those that are open. */
export const ENDING = 'SET #endedAt = :endedAt REMOVE #open';
export const OPEN = 'attribute_not_exists(#endedAt)';

/**
 * Changes the row `RUN`.
 * @returns false, and nothing is written, when there is none or the condition does not hold
 */
export function updateRun(rows: Rows, id: string, update: string, condition: string, values: Row) {
  const Update = updateOf(rows, id, update, condition, values);
  return persist(`changing run ${id}`, async () => {
    const outcome = await rows.transact([{ Update }]);
    return outcome === 'conflict' ? undefined : outcome === 'written';
  });
}

/** The same as a part of a transaction. */
export const updateOf = (rows: Rows, id: string, update: string, condition: string, values: Row) =>
  rows.updateOf(id, RUN, update, { expression: `${PRESENT} AND ${condition}`, values });
