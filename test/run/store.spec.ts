import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { openMemoryStore } from '../../lib/run/memory-store';
import type { RunEvent } from '../../lib/run/messages';
import { openSqliteStore } from '../../lib/run/sqlite-store';
import { describeStore } from './store.contract';

describeStore('memory', async () => {
  const store = openMemoryStore();
  return { store, remove: () => store.close() };
});

const temporary = () => mkdtempSync(join(tmpdir(), 'lex-pr-test-'));

describeStore('SQLite', async () => {
  const folder = temporary();
  const store = openSqliteStore(join(folder, 'state.db'));
  return {
    store,
    remove: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});

describe('the SQLite store', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporary();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has everything again after it was closed', async () => {
    const before = openSqliteStore(join(folder, 'state.db'));
    await before.create('r1', 'record', 'state', [], 1);
    for (const name of ['kept', 'gone']) before.containers.add({ name, cli: 'docker' });
    await before.close();
    const after = openSqliteStore(join(folder, 'state.db'));
    expect(await after.read('r1')).toEqual({ version: 1, state: 'state' });
    after.containers.remove('gone');
    expect(after.containers.all()).toEqual([{ name: 'kept', cli: 'docker' }]);
    await after.close();
  });

  it('has states of any length as they were committed, whoever commits', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            length: fc.integer({ min: 1, max: 30_000 }),
            at: fc.nat({ max: 40_000 }),
            // SQLite of the oldest Node.js ends a text at NUL, of which a state has none.
            put: fc.string({ unit: 'binary', maxLength: 9 }).map((text) => text.replaceAll('\0', 'x')),
            who: fc.nat({ max: 1 }),
            fails: fc.boolean(),
          }),
          { maxLength: 12 },
        ),
        async (changes) => {
          const file = join(folder, `${Math.random()}.db`);
          const stores = [openSqliteStore(file), openSqliteStore(file)];
          let text = '{}';
          await stores[0]!.create('r', '', text, [], 0);
          let version = 1;
          for (const { length, at, put, who, fails } of changes) {
            const next = (text.slice(0, at) + put + text.slice(at + put.length))
              .padEnd(length, 'é')
              .slice(0, length)
              .toWellFormed();
            const store = stores[who]!;
            if (fails) await expect(store.commit('r', version + 1, next, [])).rejects.toThrow('no longer');
            else {
              await store.commit('r', version, next, []);
              text = next;
              version += 1;
            }
            for (const each of stores) expect(await each.read('r')).toEqual({ version, state: text });
          }
          for (const store of stores) await store.close();
        },
      ),
      { numRuns: 25 },
    ));

  it('takes nothing for written that was not, though somebody else makes that version', async () => {
    const one = openSqliteStore(join(folder, 'state.db'));
    const other = openSqliteStore(join(folder, 'state.db'));
    const before = 'x'.padEnd(30_000, '.');
    const after = 'y'.padEnd(30_000, '.');
    await one.create('r', '', before, [], 0);
    const unwritable = { event: 'item', item: 0n } as unknown as RunEvent;
    await expect(one.commit('r', 1, after, [unwritable])).rejects.toThrow('BigInt');
    expect(await one.read('r')).toEqual({ version: 1, state: before });
    await other.commit('r', 1, before, []);
    await one.commit('r', 2, after, []);
    expect(await one.read('r')).toEqual({ version: 3, state: after });
    for (const store of [one, other]) await store.close();
  });

  it('writes anew what somebody else has changed since it wrote the same', async () => {
    const [one, other] = [1, 2].map(() => openSqliteStore(join(folder, 'state.db')));
    const [first, second] = ['x', 'y'].map((text) => text.padEnd(30_000, text));
    await one!.create('r1', '', first!, [], 0);
    await other!.commit('r1', 1, second!, []);
    await one!.commit('r1', 2, first!, []);
    expect(await other!.read('r1')).toEqual({ version: 3, state: first });
    for (const store of [one, other]) await store!.close();
  });

  it('writes of a long state what has changed', async () => {
    const file = join(folder, 'state.db');
    const store = openSqliteStore(file);
    const state = 'x'.repeat(200_000);
    await store.create('r', '', state, [], 0);
    const before = statSync(`${file}-wal`).size;
    for (let version = 1; version <= 20; version += 1)
      await store.commit('r', version, `${state.slice(version)}${'y'.repeat(version)}`.slice(0, 200_000), []);
    // The state itself is 200 KB; here its end changes, and what the commit adds.
    expect((statSync(`${file}-wal`).size - before) / 20).toBeLessThan(30_000);
    await store.close();
  });

  it('writes a record once, whatever a commit makes of the state', async () => {
    const file = join(folder, 'state.db');
    const store = openSqliteStore(file);
    const record = 'r'.repeat(1_000_000);
    await store.create('r', record, 'x', [], 0);
    const before = statSync(`${file}-wal`).size;
    for (let version = 1; version <= 20; version += 1)
      await store.commit('r', version, 'x'.repeat(version), []);
    expect((statSync(`${file}-wal`).size - before) / 20).toBeLessThan(30_000);
    expect((await store.find('r'))?.record).toBe(record);
    await store.close();
  });

  it('finds the record of a run that a version before has written, which kept it in the row', async () => {
    const file = join(folder, 'state.db');
    const first = openSqliteStore(file);
    await first.create('r', '', 'state', [], 7);
    await first.close();
    const db = new DatabaseSync(file);
    db.exec("UPDATE run SET record = 'of before'; DROP TABLE record");
    db.close();
    const later = openSqliteStore(file);
    expect((await later.find('r'))?.record).toBe('of before');
    expect((await later.list()).map(({ record }) => record)).toEqual(['of before']);
    await later.commit('r', 1, 'next', []);
    expect(await later.read('r')).toEqual({ version: 2, state: 'next' });
    await later.close();
  });

  it('refuses a file of another format instead of misreading it', () => {
    const file = join(folder, 'state.db');
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => openSqliteStore(file)).toThrow('format 99');
  });
});
