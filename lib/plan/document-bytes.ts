import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as eventLoop } from 'node:timers/promises';

/** A document that is too large to be kept in memory. */
export interface DocumentBytes {
  readonly size: number;
  /** In order, from the start. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Bytes from an offset to another one, or to the end where that comes before. */
  read(from: number, to: number): Buffer;
  close(): void;
}

/** So much is read at once. */
const CHUNK_BYTES = 1 << 20;

/** The bytes of a regular file that is open for reading; closing them closes it. */
export function fileBytes(descriptor: number): DocumentBytes {
  const { size } = fstatSync(descriptor);
  const read = (from: number, to: number) => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(to, size) - from));
    let length = 0;
    for (let got = -1; got !== 0 && length < bytes.length; length += got)
      got = readSync(descriptor, bytes, length, bytes.length - length, from + length);
    return bytes.subarray(0, length);
  };
  async function* chunks() {
    for (let from = 0; from < size; from += CHUNK_BYTES) {
      yield read(from, from + CHUNK_BYTES);
      // Else nobody could interrupt it.
      await eventLoop();
    }
  }
  return { size, read, chunks, close: () => closeSync(descriptor) };
}

/** A file that has no name any more, and is gone once it is closed. */
export class Spool {
  private readonly descriptor: number;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'lex-pr-plan-'));
    try {
      this.descriptor = openSync(join(folder, 'plan'), 'wx+', 0o600);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  add(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; )
      written += writeSync(this.descriptor, bytes, written, bytes.length - written);
  }

  /** What has been added, to be closed by the caller. */
  bytes(): DocumentBytes {
    return fileBytes(this.descriptor);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
