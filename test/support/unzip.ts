import { deepStrictEqual, strictEqual } from 'node:assert';
import { crc32, inflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  /** As lstat(2) tells it. */
  readonly mode: number;
  readonly content: Buffer;
}

/**
 * Reads an archive from its central directory, as readers do, and checks what is written twice; by node's
 * assertions, as jest's take seconds for an archive of many thousand entries.
 */
export function unzip(archive: Buffer): ZipEntry[] {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let [count, at] = [archive.readUInt16LE(end + 10), archive.readUInt32LE(end + 16)];
  if (archive.toString('latin1', end - 20, end - 16) === 'PK\x06\x07') {
    const end64 = Number(archive.readBigUInt64LE(end - 12));
    strictEqual(archive.toString('latin1', end64, end64 + 4), 'PK\x06\x06');
    count = Number(archive.readBigUInt64LE(end64 + 32));
    at = Number(archive.readBigUInt64LE(end64 + 48));
  }
  return Array.from({ length: count }, () => {
    strictEqual(archive.toString('latin1', at, at + 4), 'PK\x01\x02');
    const field = (offset: number) => archive.readUInt16LE(at + offset);
    const [crc, packed, size] = [16, 20, 24].map((offset) => archive.readUInt32LE(at + offset));
    const name = archive.toString('utf8', at + 46, at + 46 + field(28));
    const local = archive.readUInt32LE(at + 42);
    strictEqual(archive.compare(archive, at + 6, at + 32, local + 4, local + 30), 0, `headers of ${name}`);
    strictEqual(archive.toString('utf8', local + 30, local + 30 + field(28)), name);
    const bytes = archive.subarray(local + 30 + field(28), local + 30 + field(28) + packed!);
    const content = field(10) === 8 ? inflateRawSync(bytes) : Buffer.from(bytes);
    deepStrictEqual([content.length, crc32(content)], [size, crc]);
    const mode = archive.readUInt32LE(at + 38) >>> 16;
    at += 46 + field(28) + field(30) + field(32);
    return { name, mode, content };
  });
}
