import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { FileStore, type FileStoreOptions } from '../../lib/performance/file-store';
import { OperationCache } from '../../lib/performance/operation-cache';
import { boundedStoreContract, cacheStoreContract, FAR } from './cache-store.contract';

const folders: string[] = [];
function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  folders.push(folder);
  return join(folder, 'deeper', 'cache.sqlite');
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const entry = (value: unknown, expiresAt = FAR) => ({
  json: JSON.stringify(value),
  writtenAt: 1_000,
  expiresAt,
});

/** Opens a store for the time of an action. */
async function withStore<R>(
  path: string,
  action: (store: FileStore) => Promise<R>,
  options: FileStoreOptions = {},
): Promise<R> {
  const store = new FileStore(path, options);
  try {
    return await action(store);
  } finally {
    store.close();
  }
}

describe('file store', () => {
  const open = (maxEntries = 1_000) => {
    let time = 1_000_000;
    const store = new FileStore(newPath(), { maxEntries, now: () => time });
    return {
      store,
      passTime: () => {
        time += 60_000;
      },
      dispose: () => store.close(),
    };
  };
  cacheStoreContract(open);
  boundedStoreContract(open);

  it('keeps its entries when it is closed and opened again', async () => {
    const path = newPath();
    await withStore(path, (store) => store.set('n', 'k', entry([1])));
    expect(await withStore(path, (store) => store.get('n', 'k'))).toEqual(entry([1]));
  });

  it('drops expired entries when it is opened, and now and then when it is written to', async () => {
    const path = newPath();
    let time = 0;
    const options = { maxEntries: 10, now: () => time };
    await withStore(path, (store) => store.set('n', 'old', entry(1, 100)), options);
    time = 100;
    await withStore(
      path,
      async (store) => {
        expect(store.size()).toBe(0);
        await store.set('n', 'short', entry(1, 200));
        time = 200;
        await store.set('n', 'next', entry(2, 900));
        expect(store.size()).toBe(1);
      },
      options,
    );
  });

  it('stays within its bytes, and keeps what was used last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 40 }), async (sizes) => {
        let time = 1_000_000;
        const path = newPath();
        const options = { maxBytes: 200_000, now: () => time };
        await withStore(
          path,
          async (store) => {
            for (const [k, size] of sizes.entries()) {
              await store.set('n', String(k), entry('x'.repeat(size)));
              time += 60_000;
            }
          },
          options,
        );
        await withStore(
          path,
          async (store) => {
            const kept = store.list(100).map(({ key }) => Number(key));
            const left = sizes.slice(sizes.length - kept.length);
            expect(kept).toEqual(left.map((_, k) => sizes.length - 1 - k));
            expect(left.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(200_000);
            // Nothing went for no reason; pages are not full, and some are the table's own.
            const before = sizes.at(-1 - kept.length);
            if (before !== undefined)
              expect([...left, before].reduce((sum, size) => sum + size, 0)).toBeGreaterThan(140_000);
          },
          options,
        );
      }),
      { numRuns: 15 },
    );
  });

  it('lists what has not expired, the newest first, and tells when it was used', async () => {
    let time = 1_000_000;
    await withStore(
      newPath(),
      async (store) => {
        for (const [k, key] of ['a', 'b', 'c'].entries())
          await store.set(k === 1 ? 'm' : 'n', key, {
            json: `${k}`,
            writtenAt: k,
            expiresAt: k === 2 ? 1_000_001 : FAR,
          });
        time += 60_000;
        await store.get('n', 'a');
        expect(store.list(5).map(({ namespace, key, json }) => [namespace, key, json])).toEqual([
          ['m', 'b', '1'],
          ['n', 'a', '0'],
        ]);
        expect(store.list(1)).toHaveLength(1);
        expect(store.list(5, ['n', 'other']).map(({ key }) => key)).toEqual(['a']);
        expect(store.list(5, [])).toEqual([]);
        expect(store.uses('n')).toEqual(
          new Map([
            ['a', 1_060_000],
            ['c', 1_000_000],
          ]),
        );
      },
      { now: () => time },
    );
  });

  it('refuses bounds that are none', () => {
    expect(() => new FileStore(newPath(), { maxBytes: 0 })).toThrow('cannot hold');
  });

  it('rejects once it is closed', async () => {
    const store = new FileStore(newPath());
    store.close();
    await expect(store.get('n', 'k')).rejects.toThrow('not open');
  });

  it('throws where no file can be made', () => {
    expect(() => new FileStore('/dev/null/cache.sqlite')).toThrow('/dev/null');
  });
});

describe('a file that is not a sound cache of this format', () => {
  const cases: [string, (path: string) => void, RegExp][] = [
    ['garbage', (path) => writeFileSync(path, 'no database '.repeat(1000)), /not a database/],
    ['a later version', (path) => change(path, 'PRAGMA user_version = 9'), /format is \d+\/9/],
    ['an earlier version', (path) => change(path, 'PRAGMA user_version = 1'), /format is \d+\/1/],
    ['of another application', (path) => change(path, 'PRAGMA application_id = 1'), /format is 1\/\d/],
    ['without its table', (path) => change(path, 'DROP TABLE entry'), /no such table/],
    ['cut off', (path) => truncateSync(path, 5000), /malformed/],
  ];
  it.each(cases)('is set aside and started anew: %s', async (_, damage, reason) => {
    const path = newPath();
    await withStore(path, (store) => store.set('n', 'k', entry('old')));
    damage(path);
    const before = readFileSync(path);
    const told: string[][] = [];
    const options = { onSetAside: (...what: string[]) => void told.push(what) };
    await withStore(
      path,
      async (store) => {
        expect(await store.get('n', 'k')).toBeUndefined();
        await store.set('n', 'k', entry('new'));
      },
      options,
    );
    expect(told).toEqual([[`${path}.set-aside`, expect.stringMatching(reason)]]);
    expect(readFileSync(`${path}.set-aside`)).toEqual(before);
    expect(await withStore(path, (store) => store.get('n', 'k'), options)).toEqual(entry('new'));
    expect(told).toHaveLength(1);
  });

  it('is made from an empty file without setting it aside', async () => {
    const path = newPath();
    await withStore(path, async () => {});
    writeFileSync(path, '');
    await withStore(path, (store) => store.set('n', 'k', entry(1)));
    expect(existsSync(`${path}.set-aside`)).toBe(false);
  });

  it('is replaced under two stores that have it open, and they go on with one new file', async () => {
    const path = newPath();
    const stores = [new FileStore(path), new FileStore(path)] as const;
    change(path, 'DROP TABLE entry');
    await stores[0].set('n', 'a', entry(1));
    await stores[1].set('n', 'b', entry(2));
    expect(await stores[0].get('n', 'b')).toEqual(entry(2));
    expect(await stores[1].get('n', 'a')).toEqual(entry(1));
    for (const store of stores) store.close();
  });

  it('keeps a value for as long as one may ask, also beyond what a time can say', async () => {
    const path = newPath();
    for (const seconds of [1e13, 1e300]) {
      const fn = jest.fn(async () => seconds);
      for (let process = 0; process < 2; process += 1)
        await withStore(path, async (store) => {
          const cache = new OperationCache(seconds, true, { store, namespace: String(seconds) });
          expect(await cache.execute('k', fn)).toBe(seconds);
        });
      expect(fn).toHaveBeenCalledTimes(1);
    }
  });

  it('opens a file whose first row holds a number that JavaScript cannot, and reads the others', async () => {
    const path = newPath();
    await withStore(path, async (store) => {
      await store.set('n', 'a', entry(1));
      await store.set('n', 'b', entry(2));
    });
    change(path, `UPDATE entry SET expires_at = ${2n ** 60n} WHERE key = '"a"'`);
    await withStore(path, async (store) => {
      expect(await store.get('n', 'b')).toEqual(entry(2));
    });
  });

  it('never gives a wrong value, whatever bytes of it are changed', async () => {
    const path = newPath();
    const keys = Array.from({ length: 40 }, (_, i) => `key-${i}`);
    const value = (key: string) => entry({ key, filler: key.repeat(30) });
    await withStore(path, async (store) => {
      for (const key of keys) await store.set('n', key, value(key));
    });
    const sound = readFileSync(path);
    let lost = 0;
    const change = fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 60 }), async (changes) => {
        const damaged = Buffer.from(sound);
        for (const [offset, byte] of changes) damaged[offset] = byte;
        for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
        writeFileSync(path, damaged);
        await withStore(path, async (store) => {
          for (const key of keys) {
            const found = await store.get('n', key).catch(() => undefined);
            if (found === undefined) lost += 1;
            else expect(found).toEqual(value(key));
          }
        });
      }),
      { numRuns: 150 },
    );
    expect(lost).toBeGreaterThan(0);
  });
});

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}
