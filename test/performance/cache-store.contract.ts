import fc from 'fast-check';
import type { CacheStore } from '../../lib/performance/cache-store';

/** A store to try. */
export interface StoreUnderTest {
  readonly store: CacheStore;
  dispose(): void;
}

/** One that holds at most `maxEntries`, on a clock that only `passTime` moves (by minutes). */
export interface BoundedStoreUnderTest extends StoreUnderTest {
  passTime(): void;
}

export const FAR = 4_000_000_000_000;
const entry = (value: unknown, expiresAt = FAR) => ({
  json: JSON.stringify(value),
  writtenAt: 1_000,
  expiresAt,
});
/** Any UTF-16 string: NUL, quotes, separators and lone surrogates among them. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));

/** What a store could mix up by separators, NUL or UTF-8, in which all lone surrogates are one. */
const CONFUSABLE: [string, string][] = [
  ['a', '/b'],
  ['a/', 'b'],
  ['n', 'k'],
  ['n', 'k\u0000'],
  ['n', '\ud800'],
  ['n', '\ud801'],
  ['n', '\ufffd'],
];

/** Opens stores; each is disposed of after its test. */
function disposing<A extends unknown[], U extends StoreUnderTest>(open: (...args: A) => U) {
  const opened: U[] = [];
  afterEach(() => {
    for (const under of opened.splice(0)) under.dispose();
  });
  return (...args: A): U => {
    const under = open(...args);
    opened.push(under);
    return under;
  };
}

/** What every CacheStore keeps to. */
export function cacheStoreContract(open: () => StoreUnderTest): void {
  const openStore = disposing(open);

  it('gives back what was set, with its expiry', async () => {
    const { store } = openStore();
    await store.set('order', 'a', entry({ list: [1, null, 'ü\u0000'] }, 123_456));
    expect(await store.get('order', 'a')).toEqual(entry({ list: [1, null, 'ü\u0000'] }, 123_456));
    expect(await store.get('order', 'b')).toBeUndefined();
  });

  it('replaces an entry that is set again', async () => {
    const { store } = openStore();
    await store.set('order', 'a', entry(1));
    await store.set('order', 'a', entry(2, 99));
    expect(await store.get('order', 'a')).toEqual(entry(2, 99));
  });

  it('deletes one entry, one namespace, or everything', async () => {
    const { store } = openStore();
    for (const namespace of ['x', 'y'])
      for (const key of ['1', '2']) await store.set(namespace, key, entry(key));
    const left = async () => {
      const names = ['x1', 'x2', 'y1', 'y2'];
      const found = await Promise.all(names.map(([namespace, key]) => store.get(namespace!, key!)));
      return names.filter((_, k) => found[k] !== undefined);
    };
    await store.delete('x', '1');
    await store.delete('x', 'never there');
    expect(await left()).toEqual(['x2', 'y1', 'y2']);
    await store.clear('y');
    expect(await left()).toEqual(['x2']);
    await store.set('y', '1', entry(1));
    await store.clear();
    expect(await left()).toEqual([]);
  });

  it('reads and sets many entries at once as it does one by one', async () => {
    const { store } = openStore();
    const many = new Map(Array.from({ length: 230 }, (_, k) => [`k${k}`, entry(k)]));
    const other = entry('other');
    await store.set('other', 'k1', other);
    await store.set('n', 'k1', entry('before'));
    await (store.setMany?.('n', many) ??
      Promise.all([...many].map(([key, value]) => store.set('n', key, value))));
    expect(await store.get('n', 'k1')).toEqual(entry(1));
    expect(await store.get('other', 'k1')).toEqual(other);
    if (store.getMany === undefined) return;
    const found = await store.getMany('n', [...many.keys(), 'k1', 'never there']);
    expect(new Map([...found].toSorted(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1))))).toEqual(many);
  });

  it('never takes one namespace or key for another', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(anyText, anyText), {
          selector: (pair) => JSON.stringify(pair),
          maxLength: 20,
        }),
        async (names) => {
          const { store } = openStore();
          for (const [i, [namespace, key]] of names.entries()) await store.set(namespace, key, entry(i));
          for (const [i, [namespace, key]] of names.entries())
            expect(await store.get(namespace, key)).toEqual(entry(i));
        },
      ),
      { numRuns: 25, examples: [[CONFUSABLE]] },
    );
  });
}

/** What a CacheStore with a bound keeps to in addition. */
export function boundedStoreContract(open: (maxEntries: number) => BoundedStoreUnderTest): void {
  const openStore = disposing(open);

  it('counts its entries, of one namespace and of all', async () => {
    const { store } = openStore(100);
    for (const namespace of ['x', 'y'])
      for (const key of ['1', '2', '2']) await store.set(namespace, key, entry(key));
    await store.delete('x', '1');
    expect([store.size(), store.size('x'), store.size('y'), store.size('z')]).toEqual([3, 1, 2, 0]);
    await store.clear('y');
    expect([store.size(), store.size('x')]).toEqual([1, 1]);
    await store.clear();
    expect(store.size()).toBe(0);
  });

  it('drops the least recently used entry when it is full', async () => {
    const { store, passTime } = openStore(3);
    for (const key of ['a', 'b', 'c']) {
      await store.set('n', key, entry(key));
      passTime();
    }
    await store.get('n', 'a');
    passTime();
    await store.set('n', 'd', entry('d'));
    expect(store.size()).toBe(3);
    expect(await store.get('n', 'b')).toBeUndefined();
    for (const key of ['a', 'c', 'd']) expect(await store.get('n', key)).toEqual(entry(key));
  });

  it('stays within its bound, give or take a tenth', async () => {
    const { store } = openStore(50);
    for (let i = 0; i < 500; i += 1) {
      await store.set('n', String(i), entry(i));
      expect(store.size()).toBeLessThanOrEqual(55);
    }
    expect(await store.get('n', '499')).toEqual(entry(499));
  });

  it('refuses a bound that is not a positive whole number', () => {
    for (const bound of [0, -1, 1.5, Number.NaN]) expect(() => openStore(bound)).toThrow('cannot hold');
  });
}
