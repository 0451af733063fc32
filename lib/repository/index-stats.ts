/** What git noted of the files it wrote, in the order of the index: that of a walk through the tree's entries. */
export interface IndexStats {
  readonly count: number;
  /** In ms, as `fs.Stats` has them. */
  readonly ctimeMs: Float64Array;
  readonly mtimeMs: Float64Array;
  /** The lower 32 bits, as of the size. */
  readonly ino: Uint32Array;
  readonly size: Uint32Array;
}

const HEADER = 12;
/** Ten numbers of four bytes. */
const STAT = 40;

/**
 * Reads the stat data of an index (gitformat-index(5)) of version 2, which is what git writes where it needs no feature
 * of a later one.
 * @param idBytes length of an object id
 * @returns undefined for another version
 */
export function readIndexStats(index: Buffer, idBytes: number): IndexStats | undefined {
  if (index.toString('latin1', 0, 4) !== 'DIRC' || index.readUInt32BE(4) !== 2) return undefined;
  const count = index.readUInt32BE(8);
  const stats = {
    count,
    ctimeMs: new Float64Array(count),
    mtimeMs: new Float64Array(count),
    ino: new Uint32Array(count),
    size: new Uint32Array(count),
  };
  for (let k = 0, at = HEADER; k < count; k += 1) {
    const time = (offset: number) =>
      index.readUInt32BE(at + offset) * 1000 + index.readUInt32BE(at + offset + 4) / 1_000_000;
    stats.ctimeMs[k] = time(0);
    stats.mtimeMs[k] = time(8);
    stats.ino[k] = index.readUInt32BE(at + 20);
    stats.size[k] = index.readUInt32BE(at + 36);
    // Flags of two bytes come before the name; NULs after it up to a multiple of eight bytes, at least one.
    const end = index.indexOf(0, at + STAT + idBytes + 2);
    at += (end - at + 8) & ~7;
  }
  return stats;
}
