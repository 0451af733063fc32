import { closeSync, constants, lstatSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes of an output that are kept: so many from its beginning, and so many from its end. */
export interface LogLimits {
  readonly head: number;
  readonly tail: number;
}

export const LOG_LIMITS: LogLimits = { head: 8 << 20, tail: 2 << 20 };

/**
 * A file that takes any amount of output; there is none without output: to make one takes as long as to start a process.
 * Every function throws the file's write error.
 */
export interface CappedLog {
  /** Writes what belongs to the head at once, and remembers what may become the tail; copies `chunk`. */
  write(chunk: Uint8Array): void;
  /** Writes the tail, after a line that says how many bytes were left out, and closes. */
  close(): LogSize;
}

export interface LogSize {
  /** Bytes that were written to the log, kept or not. */
  readonly bytes: number;
  readonly truncated: boolean;
}

/**
 * Its first output creates the file, and its parent folders. One that is there is removed at once: it is of a run before, or
 * of an attempt that was killed.
 * @throws the system's error where that cannot be
 */
export function openCappedLog(path: string, limits = LOG_LIMITS): CappedLog {
  removeStale(path);
  let file: number | undefined;
  const tail = ring(limits.tail);
  let headBytes = 0;

  return {
    write(chunk) {
      if (chunk.length === 0) return;
      file ??= create(path);
      const head = chunk.subarray(0, limits.head - headBytes);
      writeAll(file, head);
      headBytes += head.length;
      tail.write(chunk.subarray(head.length));
    },
    close() {
      if (file === undefined) return { bytes: 0, truncated: false };
      try {
        const leftOut = Math.max(0, tail.bytes() - limits.tail);
        if (leftOut > 0) writeAll(file, Buffer.from(`\n[lex-pr: ${leftOut} bytes left out]\n`));
        for (const part of tail.parts()) writeAll(file, part);
        return { bytes: headBytes + tail.bytes(), truncated: leftOut > 0 };
      } finally {
        closeSync(file);
      }
    },
  };
}

/** To look first takes a tenth of what it takes to be told that there is none. */
function removeStale(path: string): void {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    // Nothing else of that name is ours to remove: it may be a device.
    if (stats?.isFile() || stats?.isSymbolicLink() || stats?.isFIFO()) unlinkSync(path);
  } catch (error) {
    // A file in the place of a folder matters to whoever prints something.
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
  }
}

const { O_WRONLY, O_CREAT, O_TRUNC, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
/** The gate runs already, and may have put a link there, or a pipe that nobody reads: this process would wait for it. */
const AS_FILE = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
const ANEW = AS_FILE | O_TRUNC;
/** For whoever writes to a log after its gate. */
export const AT_END = AS_FILE | O_APPEND;

/** The folder is there already for all gates of an item but the first. */
function create(path: string): number {
  try {
    return openSync(path, ANEW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, ANEW);
  }
}

/** Remembers the last `size` bytes written to it, and how many there were. Takes its memory when first used. */
function ring(size: number) {
  let memory: Uint8Array | undefined;
  let written = 0;
  return {
    bytes: () => written,
    write(chunk: Uint8Array) {
      if (chunk.length === 0) return;
      memory ??= Buffer.allocUnsafeSlow(size);
      written += chunk.length;
      const last = chunk.subarray(Math.max(0, chunk.length - size));
      const start = (written - last.length) % size;
      const beforeWrap = last.subarray(0, size - start);
      memory.set(beforeWrap, start);
      memory.set(last.subarray(beforeWrap.length), 0);
    },
    parts(): Uint8Array[] {
      if (memory === undefined) return [];
      const end = written % size;
      return written <= size
        ? [memory.subarray(0, written)]
        : [memory.subarray(end), memory.subarray(0, end)];
    },
  };
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
