import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** File descriptors of a pipe, closed on exec: `readEnd` does not block, `writeEnd` does. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/**
 * Node gives its children a socket for a pipe, and a socket cannot be opened by name: `echo x > /dev/stderr`
 * fails. So a gate gets a real pipe, opened as a FIFO whose name is removed at once. The FIFOs come from a
 * process, `mkfifo`, so a few are made at a time.
 */
const STOCK = 8;
const stock: Pipe[] = [];
let restocking: Promise<void> | undefined;

/**
 * A fresh pipe; the caller closes both ends.
 * @throws Error when the system has no `mkfifo`, no room in its temporary folder or no descriptors left.
 */
export async function takePipe(): Promise<Pipe> {
  for (;;) {
    const pipe = stock.pop();
    if (pipe !== undefined) return pipe;
    restocking ??= restock().finally(() => {
      restocking = undefined;
    });
    await restocking;
  }
}

async function restock(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lex-pr-pipes-'));
  try {
    const names = Array.from({ length: STOCK }, (_, index) => join(folder, `${index}`));
    await promisify(execFile)('mkfifo', ['-m', '600', ...names]);
    for (const name of names) stock.push(openPipe(name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Both ends of a FIFO. */
function openPipe(name: string): Pipe {
  // The reader first: without one, opening the write end would wait for it.
  const readEnd = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { readEnd, writeEnd: openSync(name, constants.O_WRONLY) };
  } catch (error) {
    closeSync(readEnd);
    throw error;
  }
}
