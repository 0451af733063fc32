import { readSync } from 'node:fs';
import { Socket } from 'node:net';

/** The most a pipe can hold (Linux lets an unprivileged process raise it to this). */
const PIPE_CAPACITY = 1 << 20;

/**
 * Hands everything that arrives at the read end of a pipe to `write`, in one reused buffer, and takes the
 * descriptor over. `onFault` gets what `write` throws, or an error of the pipe; reading ends there.
 * @returns a function that hands over what is in the pipe at that moment, and stops reading, whether or not
 *   somebody still holds the write end; it throws what `write` throws.
 */
export function readOutput(
  readEnd: number,
  write: (chunk: Uint8Array) => void,
  onFault: (error: unknown) => void,
): () => void {
  const buffer = Buffer.allocUnsafeSlow(64 << 10);
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

  return () => {
    // Destroyed already: the end was seen, and the descriptor may by now be another file's.
    if (socket.destroyed) return;
    try {
      drain(readEnd, buffer, write);
    } finally {
      socket.destroy();
    }
  };
}

/** Bounded: a process that holds the pipe open may write for ever. */
function drain(readEnd: number, buffer: Buffer, write: (chunk: Uint8Array) => void): void {
  for (let left = PIPE_CAPACITY; left > 0; ) {
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
