import { readSync } from 'node:fs';
import { Socket } from 'node:net';

const BUFFER_SIZE = 64 << 10;
/** Buffers that nobody reads into: so much memory for each gate anew would have the garbage collector called. */
const free: Buffer[] = [];
const KEPT = 16;

/** The most a pipe can hold (Linux lets an unprivileged process raise it to this). */
const PIPE_CAPACITY = 1 << 20;

export interface OutputReader {
  /**
   * Hands over what is in the pipe, and goes on. Without `most`, without end where somebody writes for ever.
   * @param most in bytes: reads no more once that many have come
   * @throws what `write` throws
   */
  handOver(most?: number): void;
  /**
   * Hands over what is in the pipe at that moment, and stops reading, whether or not somebody still holds the write end.
   * @throws what `write` throws
   */
  stop(): void;
}

/**
 * Hands everything that arrives at the read end of a pipe to `write`, in one reused buffer, and takes the
 * descriptor over. `onFault` gets what `write` throws, or an error of the pipe; reading ends there.
 */
export function readOutput(
  readEnd: number,
  write: (chunk: Uint8Array) => void,
  onFault: (error: unknown) => void,
): OutputReader {
  const buffer = free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_SIZE);
  const callback = (length: number) => {
    try {
      write(buffer.subarray(0, length));
      return true;
    } catch (error) {
      onFault(error);
      return false;
    }
  };
  const socket = new Socket({ fd: readEnd, readable: true, writable: false, onread: { buffer, callback } });
  socket.on('error', onFault);

  let isStopped = false;
  const handOver = (most = Number.POSITIVE_INFINITY) => {
    // Destroyed already: the end was seen, and the descriptor may by now be another file's.
    if (!isStopped && !socket.destroyed) drain(readEnd, buffer, write, most);
  };
  return {
    handOver,
    stop() {
      if (isStopped) return;
      try {
        // A process that holds the pipe open may write for ever.
        handOver(PIPE_CAPACITY);
      } finally {
        isStopped = true;
        socket.destroy();
        if (free.length < KEPT) free.push(buffer);
      }
    },
  };
}

function drain(readEnd: number, buffer: Buffer, write: (chunk: Uint8Array) => void, most: number): void {
  for (let left = most; left > 0; ) {
    const length = readAvailable(readEnd, buffer);
    if (length === 0) return;
    write(buffer.subarray(0, length));
    left -= length;
  }
}

function readAvailable(readEnd: number, buffer: Buffer): number {
  try {
    return readSync(readEnd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
