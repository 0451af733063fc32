import { createReadStream } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';

/** Larger files are stored as they are, as they are read. */
const DEFLATED_UP_TO = 32 * 2 ** 20;
const MAX_BYTES = 2 ** 32 - 1;
const MAX_ENTRIES = 2 ** 16 - 1;

/** An archive that its format, without 64-bit sizes, cannot hold. */
export class ZipTooLargeError extends Error {
  constructor() {
    super('it has more than 4 GB');
  }
}

/**
 * Writes a ZIP archive (APPNOTE.TXT 6.3) with the modes that Unix knows: the same content gives the same bytes.
 * More than 65,535 entries are told of in the 64-bit way, which every reader of today knows.
 */
export class ZipWriter {
  private at = 0;
  private readonly directory: Buffer[] = [];

  /** @param put takes the archive, part after part */
  constructor(private readonly put: (bytes: Uint8Array) => unknown) {}

  /** @param mode as lstat(2) tells it, kind of file included */
  async add(name: string, mode: number, content: Uint8Array): Promise<void> {
    // An empty one cannot get shorter, and each call of zlib sets 256 KB of memory up.
    const deflated = content.length === 0 ? content : deflateRawSync(content);
    const isShorter = deflated.length < content.length;
    const packed = isShorter ? deflated : content;
    const method = isShorter ? DEFLATE : STORE;
    await this.begin({
      name,
      mode,
      method,
      crc: crc32(content),
      size: content.length,
      packed: packed.length,
    });
    await this.write(packed);
  }

  async addFile(name: string, mode: number, path: string, size: number): Promise<void> {
    const read = () => createReadStream(path, { highWaterMark: 2 ** 20 });
    if (size <= DEFLATED_UP_TO) {
      const chunks: Buffer[] = [];
      for await (const chunk of read()) chunks.push(chunk);
      return this.add(name, mode, Buffer.concat(chunks));
    }
    let crc = 0;
    let bytes = 0;
    for await (const chunk of read()) {
      crc = crc32(chunk, crc);
      bytes += chunk.length;
    }
    await this.begin({ name, mode, method: STORE, crc, size: bytes, packed: bytes });
    for await (const chunk of read()) await this.write(chunk);
  }

  /** @throws ZipTooLargeError */
  async end(): Promise<void> {
    const start = this.at;
    for (const entry of this.directory) await this.write(entry);
    const [count, size] = [this.directory.length, this.at - start];
    if (count > MAX_ENTRIES) await this.write(end64(count, size, start, this.at));
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    const told = Math.min(count, MAX_ENTRIES);
    end.writeUInt16LE(told, 8);
    end.writeUInt16LE(told, 10);
    end.writeUInt32LE(size, 12);
    end.writeUInt32LE(start, 16);
    await this.write(end);
  }

  private async begin(entry: Entry): Promise<void> {
    this.directory.push(directoryHeader(entry, this.at));
    await this.write(localHeader(entry));
  }

  private async write(bytes: Uint8Array): Promise<void> {
    this.at += bytes.length;
    if (this.at > MAX_BYTES) throw new ZipTooLargeError();
    await this.put(bytes);
  }
}

interface Entry {
  readonly name: string;
  readonly mode: number;
  readonly method: number;
  readonly crc: number;
  readonly size: number;
  readonly packed: number;
}

const STORE = 0;
const DEFLATE = 8;
/** Names are UTF-8. */
const FLAGS = 0x0800;
/** 1 January 1980. */
const DATE = 0x0021;
/** Made by Unix, version 2.0 of the format. */
const MADE_BY = (3 << 8) | 20;

/** What both headers have from the version that is needed on. */
function common({ name, method, crc, size, packed }: Entry): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(20, 0);
  bytes.writeUInt16LE(FLAGS, 2);
  bytes.writeUInt16LE(method, 4);
  bytes.writeUInt16LE(DATE, 8);
  bytes.writeUInt32LE(crc, 10);
  bytes.writeUInt32LE(packed, 14);
  bytes.writeUInt32LE(size, 18);
  bytes.writeUInt16LE(Buffer.byteLength(name), 22);
  return bytes;
}

function localHeader(entry: Entry): Buffer {
  return Buffer.concat([signature(0x04034b50), common(entry), Buffer.from(entry.name)]);
}

function directoryHeader(entry: Entry, offset: number): Buffer {
  const made = Buffer.alloc(2);
  made.writeUInt16LE(MADE_BY);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE((entry.mode << 16) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([signature(0x02014b50), made, common(entry), rest, Buffer.from(entry.name)]);
}

/** End of the central directory in 64 bits, and its locator. */
function end64(count: number, size: number, start: number, at: number): Buffer {
  const bytes = Buffer.alloc(76);
  bytes.writeUInt32LE(0x06064b50, 0);
  bytes.writeBigUInt64LE(44n, 4);
  bytes.writeUInt16LE(MADE_BY, 12);
  bytes.writeUInt16LE(45, 14);
  bytes.writeBigUInt64LE(BigInt(count), 24);
  bytes.writeBigUInt64LE(BigInt(count), 32);
  bytes.writeBigUInt64LE(BigInt(size), 40);
  bytes.writeBigUInt64LE(BigInt(start), 48);
  bytes.writeUInt32LE(0x07064b50, 56);
  bytes.writeBigUInt64LE(BigInt(at), 64);
  bytes.writeUInt32LE(1, 72);
  return bytes;
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
