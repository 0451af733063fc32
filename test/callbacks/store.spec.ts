import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { newCallback } from '../../lib/callbacks/callback';
import { openMemoryCallbacks } from '../../lib/callbacks/memory-store';
import { openSqliteStore } from '../../lib/run/sqlite-store';
import { describeCallbackStore, describeWaiterStore } from './store.contract';

const openMemory = async () => ({ callbacks: openMemoryCallbacks(), remove: async () => {} });
describeCallbackStore('memory', openMemory);
describeWaiterStore('memory', openMemory);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function openFile() {
  const folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  folders.push(folder);
  return join(folder, 'state.db');
}

describeCallbackStore('SQLite', async () => {
  const store = openSqliteStore(openFile());
  return { callbacks: store.callbacks, remove: () => store.close() };
});

describe('the callbacks in a SQLite file', () => {
  it('are there again after it was closed, and gone once their run has ended', async () => {
    const file = openFile();
    const before = openSqliteStore(file);
    const [kept, gone] = ['r1', 'r2'].map((run) => newCallback(run, '0-1-1', 'http://x', 1, 60));
    for (const run of ['r1', 'r2']) await before.create(run, 'record', 'state', [], 1);
    await before.callbacks.put('r1', '0-1-1', kept!);
    await before.callbacks.put('r2', '0-1-1', gone!);
    await before.finish('r2', 5);
    await before.close();
    const after = openSqliteStore(file);
    expect(after.callbacks.openOf('r1')).toEqual([kept]);
    expect(await after.callbacks.get('r2', '0-1-1')).toBeUndefined();
    await after.callbacks.end('r1', '0-1-1', kept!.id, { kind: 'closed', at: 2 });
    expect(after.callbacks.openOf('r1')).toEqual([]);
    await after.close();
  });

  it('have their place in a file that was made before there were any', async () => {
    const file = openFile();
    await openSqliteStore(file).close();
    const db = new DatabaseSync(file);
    db.exec('DROP TABLE callback');
    db.close();
    const store = openSqliteStore(file);
    expect(store.callbacks.openOf('r1')).toEqual([]);
    await store.close();
  });
});
