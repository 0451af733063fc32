import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';

/** An index of version 2 (gitformat-index(5)), taken apart so that some of its entries can be replaced. */
export interface IndexFile {
  /** In the order of git: by path as bytes. */
  readonly entries: readonly IndexEntry[];
  /** What git noted of the trees that the entries make up, undefined where it noted nothing. */
  readonly trees: Buffer | undefined;
}

export interface IndexEntry {
  /** One character a byte (latin1). */
  readonly path: string;
  /** As it stands in the index, with the NULs that follow it. */
  readonly bytes: Buffer;
}

/** What an entry says of a file. */
export interface IndexedFile {
  /** `100644` as git writes it. */
  readonly mode: string;
  readonly id: string;
}

const HEADER = 12;
/** Ten numbers of four bytes, the seventh of them the mode. */
const STAT = 40;
const MODE = 24;

const lengthOf = (pathBytes: number, idBytes: number) => (STAT + idBytes + 2 + pathBytes + 8) & ~7;

/**
 * @param idBytes length of an object id
 * @returns undefined for what git writes only where it was told to: another version, flags, extensions that must not
 *   be dropped
 */
export function readIndexFile(index: Buffer, idBytes: number): IndexFile | undefined {
  if (index.toString('latin1', 0, 4) !== 'DIRC' || index.readUInt32BE(4) !== 2) return undefined;
  const entries: IndexEntry[] = [];
  let at = HEADER;
  for (let left = index.readUInt32BE(8); left > 0; left -= 1) {
    // Apart from the length of the path: a stage of a merge, or a file that is taken for unchanged.
    if ((index.readUInt16BE(at + STAT + idBytes) & 0xf000) !== 0) return undefined;
    const start = at + STAT + idBytes + 2;
    const end = index.indexOf(0, start);
    const next = at + lengthOf(end - start, idBytes);
    entries.push({ path: index.toString('latin1', start, end), bytes: index.subarray(at, next) });
    at = next;
  }
  let trees: Buffer | undefined;
  while (at < index.length - idBytes) {
    const name = index.toString('latin1', at, at + 4);
    const end = at + 8 + index.readUInt32BE(at + 4);
    // Who does not know an extension with a capital letter may leave it out.
    if (!/^[A-Z]/.test(name)) return undefined;
    if (name === 'TREE') trees = index.subarray(at + 8, end);
    at = end;
  }
  return { entries, trees };
}

/** @param idBytes length of an object id, which tells the hash as well */
export function formatIndex({ entries, trees }: IndexFile, idBytes: number): Buffer {
  const header = Buffer.from('DIRC\0\0\0\x02\0\0\0\0', 'latin1');
  header.writeUInt32BE(entries.length, 8);
  const parts = [header, ...entries.map(({ bytes }) => bytes)];
  if (trees !== undefined) {
    const head = Buffer.from('TREE\0\0\0\0', 'latin1');
    head.writeUInt32BE(trees.length, 4);
    parts.push(head, trees);
  }
  const content = Buffer.concat(parts);
  const checksum = createHash(idBytes === 32 ? 'sha256' : 'sha1')
    .update(content)
    .digest();
  return Buffer.concat([content, checksum]);
}

/** @param stats of the file, as lstat(2) has them */
export function indexEntry(path: string, { mode, id }: IndexedFile, stats: BigIntStats): IndexEntry {
  const name = Buffer.from(path, 'latin1');
  const idBytes = id.length / 2;
  const bytes = Buffer.alloc(lengthOf(name.length, idBytes));
  const numbers = [
    ...[stats.ctimeNs, stats.mtimeNs].flatMap((ns) => [ns / 1_000_000_000n, ns % 1_000_000_000n]),
    ...[stats.dev, stats.ino, BigInt(`0o${mode}`), stats.uid, stats.gid, stats.size],
  ];
  // Git keeps the lower 32 bits of each.
  for (const [k, number] of numbers.entries()) bytes.writeUInt32BE(Number(number & 0xffff_ffffn), 4 * k);
  bytes.write(id, STAT, 'hex');
  bytes.writeUInt16BE(Math.min(name.length, 0xfff), STAT + idBytes);
  name.copy(bytes, STAT + idBytes + 2);
  return { path, bytes };
}

export function fileOf({ bytes }: IndexEntry, idBytes: number): IndexedFile {
  const mode = bytes.readUInt32BE(MODE).toString(8);
  return { mode, id: bytes.toString('hex', STAT, STAT + idBytes) };
}

/** @returns entries in order, with some replaced, added, or (undefined) left out */
export function withIndexEntries(
  entries: readonly IndexEntry[],
  changed: ReadonlyMap<string, IndexEntry | undefined>,
): IndexEntry[] {
  const added = [...changed.values()].filter((entry) => entry !== undefined);
  const result = [...entries.filter(({ path }) => !changed.has(path)), ...added];
  // Strings of one character a byte compare as the bytes do.
  return result.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/**
 * What is known of trees once some of them have changed: git computes those anew when it needs them.
 * @param trees of an index
 * @param isThere whether the index has something in a folder still
 * @param isStale whether something in it has changed
 */
export function withoutStaleTrees(
  trees: Buffer,
  idBytes: number,
  isThere: (folder: string) => boolean,
  isStale: (folder: string) => boolean,
): Buffer {
  let at = 0;
  const rewrite = (above: string): Buffer[] => {
    const nul = trees.indexOf(0, at);
    const line = trees.indexOf(0x0a, nul);
    const name = trees.toString('latin1', at, nul);
    const [count = '', below = ''] = trees.toString('latin1', nul + 1, line).split(' ');
    at = line + 1 + (Number(count) < 0 ? 0 : idBytes);
    const id = trees.subarray(line + 1, at);
    const folder = `${above}${name}`;
    const inside = Array.from({ length: Number(below) }, () => rewrite(folder === '' ? '' : `${folder}/`));
    if (!isThere(folder)) return [];
    const left = inside.filter((parts) => parts.length > 0);
    const stale = isStale(folder);
    const head = Buffer.from(`${name}\0${stale ? '-1' : count} ${left.length}\n`, 'latin1');
    return [head, ...(stale ? [] : [id]), ...left.flat()];
  };
  return Buffer.concat(rewrite(''));
}
