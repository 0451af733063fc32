import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

const TYPES = { commit: 1, tree: 2 } as const;

/** Larger objects are compressed. To set that up takes longer than a small one is worth, and ids do not compress. */
const SMALL = 8192;

/** A pack of whole objects (gitformat-pack(5)), for `git index-pack`. */
export function packOf(
  objects: readonly { readonly type: keyof typeof TYPES; readonly body: Buffer }[],
  algorithm: 'sha1' | 'sha256',
): Buffer {
  const header = Buffer.alloc(12);
  header.write('PACK');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(objects.length, 8);
  const parts: Buffer[] = [header];
  for (const { type, body } of objects) {
    parts.push(entryHeader(TYPES[type], body.length));
    parts.push(body.length > SMALL ? deflateSync(body, { level: 1 }) : stored(body));
  }
  const sum = createHash(algorithm);
  for (const part of parts) sum.update(part);
  return Buffer.concat([...parts, sum.digest()]);
}

/** Type and length: four bits of the length, then seven a byte, each byte but the last with its high bit set. */
function entryHeader(type: number, length: number): Buffer {
  const bytes = [(type << 4) | (length & 15)];
  for (let rest = length >>> 4; rest > 0; rest >>>= 7) {
    bytes[bytes.length - 1]! |= 0x80;
    bytes.push(rest & 0x7f);
  }
  return Buffer.from(bytes);
}

/** A zlib stream (RFC 1950) with one block that is not compressed (RFC 1951, 3.2.4), of up to 64 KiB. */
function stored(body: Buffer): Buffer {
  const stream = Buffer.allocUnsafe(7 + body.length + 4);
  stream.writeUInt16BE(0x7801, 0);
  stream[2] = 1;
  stream.writeUInt16LE(body.length, 3);
  stream.writeUInt16LE(~body.length & 0xffff, 5);
  body.copy(stream, 7);
  stream.writeUInt32BE(adler32(body), 7 + body.length);
  return stream;
}

/** Of up to 8 KiB: below that, neither sum leaves the range of exact integers before it is reduced. */
function adler32(body: Buffer): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < body.length; at++) {
    a += body[at]!;
    b += a;
  }
  return (b % 65521) * 65536 + (a % 65521);
}
