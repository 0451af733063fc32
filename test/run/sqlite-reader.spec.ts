import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RunEvent } from '../../lib/run/messages';
import { openRuns } from '../../lib/run/sqlite-reader';
import { openSqliteStore } from '../../lib/run/sqlite-store';
import type { RunReader } from '../../lib/run/store';
import { asNobody } from '../support/nobody';

let root: string;
let folder: string;
let file: string;
let copies: jest.SpiedFunction<typeof fs.mkdtemp>;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  chmodSync(root, 0o755);
  folder = join(root, 'home');
  mkdirSync(folder);
  file = join(folder, 'state.db');
  copies = jest.spyOn(fs, 'mkdtemp');
});
afterEach(async () => {
  chmodSync(folder, 0o700);
  rmSync(root, { recursive: true });
  const made = copies.mock.results;
  copies.mockRestore();
  for (const { value } of made) expect(existsSync(await value)).toBe(false);
});

const event = (item: number): RunEvent => ({ event: 'item', item, status: 1, at: item });

/** A run at version 2, and who writes it. */
async function write() {
  const store = openSqliteStore(file);
  await store.create('r1', 'record', 'state 1', [event(0)], 100);
  await store.commit('r1', 1, 'state 2', [event(1)]);
  return store;
}

/** As somebody who may do with the files and their folder what the modes say. */
async function reading<T>(use: (runs: RunReader) => Promise<T>, modes = { file: 0o444, folder: 0o555 }) {
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), modes.file);
  chmodSync(folder, modes.folder);
  const before = readdirSync(folder);
  try {
    return await asNobody(async () => {
      const runs = await openRuns(file);
      try {
        return await use(runs);
      } finally {
        await runs.close();
      }
    });
  } finally {
    expect(readdirSync(folder)).toEqual(before);
    chmodSync(folder, 0o700);
  }
}

async function all(runs: RunReader) {
  const [run] = await runs.list();
  expect(await runs.find('r1')).toEqual(run);
  const commits = await Array.fromAsync(runs.eventsAfter('r1', 1));
  expect(commits).toEqual([{ version: 2, events: [event(1)] }]);
  return { run, ...(await runs.read('r1')), events: await runs.events('r1') };
}
const written = {
  run: { id: 'r1', record: 'record', createdAt: 100, endedAt: undefined },
  ...{ version: 2, state: 'state 2', events: [event(0), event(1)] },
};

async function expectNoRuns(runs: RunReader) {
  expect([await runs.list(), await runs.find('r1'), await runs.events('r1')]).toEqual([[], undefined, []]);
  expect(await Array.fromAsync(runs.eventsAfter('r1', 0))).toEqual([]);
  await expect(runs.read('r1')).rejects.toThrow('unknown run r1');
}

describe('who only looks at runs', () => {
  it('finds none where there is no file, and makes none', async () => {
    const runs = await openRuns(file);
    await expectNoRuns(runs);
    await runs.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('reads a file that may be written', async () => {
    await (await write()).close();
    const runs = await openRuns(file);
    expect(await all(runs)).toEqual(written);
    await runs.close();
  });

  it('sees what somebody else goes on writing', async () => {
    const store = await write();
    await reading(async (runs) => {
      expect(copies).not.toHaveBeenCalled();
      expect(await all(runs)).toEqual(written);
      await store.commit('r1', 2, 'state 3', []);
      expect(await runs.read('r1')).toEqual({ version: 3, state: 'state 3' });
    });
    await store.close();
  });

  it('reads a copy where nobody writes, and leaves none behind', async () => {
    await (await write()).close();
    await reading(async (runs) => {
      expect(await all(runs)).toEqual(written);
      expect(copies).toHaveBeenCalledTimes(1);
    });
  });

  it('sees the last commits of who was killed, which are in the log alone', async () => {
    const killed = join(root, 'killed');
    mkdirSync(killed);
    const store = await write();
    for (const name of ['state.db', 'state.db-wal']) copyFileSync(join(folder, name), join(killed, name));
    await store.close();
    for (const name of readdirSync(killed)) copyFileSync(join(killed, name), join(folder, name));
    expect(await reading(all)).toEqual(written);
  });

  it('finds none in a file that nothing has been written to yet', async () => {
    writeFileSync(file, '');
    await reading(expectNoRuns);
  });

  it('is refused a file of another format, and one that may not even be read', async () => {
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    const never = async () => {
      throw new Error('opened');
    };
    await expect(reading(never)).rejects.toMatchObject({ problems: [{ code: 'store-format' }] });
    await expect(openRuns(file)).rejects.toMatchObject({ problems: [{ code: 'store-format' }] });
    await expect(reading(never, { file: 0o000, folder: 0o555 })).rejects.toMatchObject({ code: 'EACCES' });
  });

  it('is not given an older state where the log may not be read', async () => {
    await (await write()).close();
    writeFileSync(`${file}-wal`, 'not empty');
    const open = () => asNobody(async () => (await openRuns(file)).close());
    chmodSync(file, 0o444);
    chmodSync(`${file}-wal`, 0o000);
    chmodSync(folder, 0o555);
    await expect(open()).rejects.toMatchObject({ code: 'EACCES' });
  });
});
