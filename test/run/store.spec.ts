import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openMemoryStore } from '../../lib/run/memory-store';
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
    before.processes.add({ pid: 7, processGroup: 7, startTime: '99' });
    await before.close();
    const after = openSqliteStore(join(folder, 'state.db'));
    expect(await after.read('r1')).toEqual({ version: 1, state: 'state' });
    expect(after.processes.all()).toEqual([{ pid: 7, processGroup: 7, startTime: '99' }]);
    after.processes.remove(7);
    expect(after.processes.all()).toEqual([]);
    await after.close();
  });

  it('refuses a file of another format instead of misreading it', () => {
    const file = join(folder, 'state.db');
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => openSqliteStore(file)).toThrow('format 99');
  });
});
