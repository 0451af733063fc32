import { hashOf } from './name-numbers';

/** A table of so many names stays in the processor's cache while names are looked up in it. */
const AT_ONCE = 2048;

/**
 * Where names are in a list. Both are first dealt out to small tables by a hash: in one large table nearly every
 * look-up waits for memory several times (Shatdal, Kant and Naughton, "Cache conscious algorithms for relational
 * query processing", 1994). O(names + wanted).
 * @returns an index into `names` for each wanted one, −1 for one that is not there; and a name that is there twice
 */
export function findNames(
  names: readonly string[],
  wanted: readonly string[],
): { readonly found: Int32Array; readonly twice: string | undefined } {
  const tables = 2 ** Math.max(0, Math.ceil(Math.log2(names.length / AT_ONCE)));
  const given = deal(names, tables);
  const asked = deal(wanted, tables);
  const found = new Int32Array(wanted.length);
  let twice: string | undefined;
  for (let table = 0; table < tables; table++) {
    const indexOf = new Map<string, number>();
    for (let at = given.start[table]!; at < given.start[table + 1]!; at++) {
      const name = given.texts[at]!;
      if (indexOf.has(name)) twice = name;
      indexOf.set(name, given.index[at]!);
    }
    for (let at = asked.start[table]!; at < asked.start[table + 1]!; at++)
      found[asked.index[at]!] = indexOf.get(asked.texts[at]!) ?? -1;
  }
  return { found, twice };
}

interface Dealt {
  /** Where each table's begin, and a last one for the end. */
  readonly start: Int32Array;
  readonly texts: readonly string[];
  readonly index: Int32Array;
}

/** A counting sort. */
function deal(texts: readonly string[], tables: number): Dealt {
  const tableOf = Int32Array.from(texts, (text) => hashOf(text) & (tables - 1));
  const start = new Int32Array(tables + 1);
  for (const table of tableOf) start[table + 1]! += 1;
  for (let table = 0; table < tables; table++) start[table + 1]! += start[table]!;
  const next = start.slice();
  const dealt = new Array<string>(texts.length);
  const index = new Int32Array(texts.length);
  for (let at = 0; at < texts.length; at++) {
    const place = next[tableOf[at]!]!++;
    dealt[place] = texts[at]!;
    index[place] = at;
  }
  return { start, texts: dealt, index };
}
