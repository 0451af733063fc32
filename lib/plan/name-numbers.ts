/** Names that find no place among so many have been chosen to have like hashes. */
const MAX_PROBES = 256;

/**
 * Numbers names from 0 as they come; equal ones have one number. A hash table by linear probing that has the hashes in it:
 * a `Map` goes to other names to see that they are not equal, and of a million each look-up then waits for memory several times.
 */
export class NameNumbers {
  /** The names by number. */
  readonly texts: string[] = [];
  /** A place is two integers: the hash of a name, and its number + 1; 0 where it is free. */
  private table: Int32Array = new Int32Array(2 * 1024);
  /** All names, once one of them has found no place. */
  private map: Map<string, number> | undefined;

  of(name: string): number {
    return this.map === undefined ? this.inTable(name) : this.inMap(this.map, name);
  }

  private inTable(name: string): number {
    const { table, texts } = this;
    const hash = hashOf(name);
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const at = ((hash + probe) << 1) & (table.length - 1);
      const number = table[at + 1]! - 1;
      if (number < 0) {
        table[at] = hash;
        table[at + 1] = texts.push(name);
        if (4 * texts.length > table.length) this.table = larger(table);
        return texts.length - 1;
      }
      if (table[at] === hash && texts[number] === name) return number;
    }
    this.map = new Map(texts.map((text, number) => [text, number]));
    return this.inMap(this.map, name);
  }

  private inMap(map: Map<string, number>, name: string): number {
    const known = map.get(name);
    if (known !== undefined) return known;
    const number = this.texts.push(name) - 1;
    map.set(name, number);
    return number;
  }
}

/** Twice the places, at most half of them taken after that. */
function larger(table: Int32Array): Int32Array {
  const places = new Int32Array(2 * table.length);
  for (let from = 0; from < table.length; from += 2) {
    if (table[from + 1] === 0) continue;
    let at = (table[from]! << 1) & (places.length - 1);
    while (places[at + 1] !== 0) at = (at + 2) & (places.length - 1);
    places[at] = table[from]!;
    places[at + 1] = table[from + 1]!;
  }
  return places;
}

/** FNV-1a, its upper bits mixed into the lower ones. */
export function hashOf(text: string): number {
  let hash = text.length;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
