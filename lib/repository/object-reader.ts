import { spawn } from 'node:child_process';
import { type Git, gitEnvironment } from './git';

export interface StoredObject {
  /** `commit`, `tree`, `blob` or `tag`. */
  readonly type: string;
  readonly body: Buffer;
}

/** Reads objects of a repository through one long-lived git process. */
export interface ObjectReader {
  /**
   * @param id a full object id
   * @returns undefined where the repository has no such object
   * @throws Error when the process ends before it answers; the next read starts another
   */
  read(id: string): Promise<StoredObject | undefined>;
  /** Ends the process after everything asked for is answered; nothing can be read afterwards. */
  close(): Promise<void>;
}

/** The process starts with the first read. Objects written later are found, because git looks again on a miss. */
export function openReader(git: Git): ObjectReader {
  let batch: Batch | undefined;
  let closed = false;
  return {
    async read(id) {
      if (closed) throw new Error('the object reader is closed');
      // Anything else could be several requests to git, or an expression.
      if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id)) throw new Error(`not a full object id: ${id}`);
      if (batch === undefined || batch.hasEnded()) batch = startBatch(git);
      return batch.ask(id);
    },
    async close() {
      closed = true;
      await batch?.end();
    },
  };
}

interface Batch {
  ask(id: string): Promise<StoredObject | undefined>;
  end(): Promise<void>;
  hasEnded(): boolean;
}

interface Request {
  readonly resolve: (object: StoredObject | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** One `git cat-file --batch`, which answers in the order it is asked (git-cat-file(1), "BATCH OUTPUT"). */
function startBatch(git: Git): Batch {
  const child = spawn('git', [`--git-dir=${git.gitDir}`, 'cat-file', '--batch'], {
    env: gitEnvironment(),
    // As in runGit: Ctrl-C on the terminal is not for this process.
    detached: true,
  });
  const waiting: Request[] = [];
  let unread: Buffer = Buffer.alloc(0);
  let complaint = '';
  let ended = false;

  child.stdout.on('data', (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    for (let answer = nextAnswer(unread); answer !== undefined; answer = nextAnswer(unread)) {
      unread = unread.subarray(answer.length);
      waiting.shift()?.resolve(answer.object);
    }
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk}`.slice(-1000);
  });
  // What is asked of a process that has gone is rejected below.
  child.stdin.on('error', () => {});

  const { promise: gone, resolve: settle } = Promise.withResolvers<void>();
  const finish = (reason: string) => {
    ended = true;
    for (const request of waiting.splice(0)) request.reject(new Error(`git cat-file ended: ${reason}`));
    settle();
  };
  child.on('error', (error) => finish(error.message));
  child.on('close', (code, signal) => finish(complaint.trim() || `${signal ?? `exit code ${code}`}`));

  // What is asked for in the same turn is written together: a process is woken by each write.
  let unsent = '';
  const send = () => {
    if (unsent !== '') child.stdin.write(unsent);
    unsent = '';
  };
  return {
    ask: (id) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        if (unsent === '') process.nextTick(send);
        unsent += `${id}\n`;
      }),
    end() {
      send();
      child.stdin.end();
      return gone;
    },
    hasEnded: () => ended,
  };
}

/** The first whole answer in what git has written, and its length in bytes. */
function nextAnswer(bytes: Buffer): { object: StoredObject | undefined; length: number } | undefined {
  const line = bytes.indexOf('\n');
  if (line < 0) return undefined;
  const [, type = '', size] = bytes.toString('latin1', 0, line).split(' ');
  if (size === undefined) return { object: undefined, length: line + 1 };
  const start = line + 1;
  const end = start + Number(size);
  if (bytes.length < end + 1) return undefined;
  return { object: { type, body: bytes.subarray(start, end) }, length: end + 1 };
}
