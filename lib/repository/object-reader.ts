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
  /** As `read`; of the object only its size in bytes. */
  size(id: string): Promise<number | undefined>;
  /** Starts the process, where it is not there yet; whoever reads soon need not wait for it then. */
  prepare(): void;
  /** Ends the process after everything asked for is answered; nothing can be read afterwards. */
  close(): Promise<void>;
}

/** The process starts with the first read. Objects written later are found, because git looks again on a miss. */
export function openReader(git: Git): ObjectReader {
  let batch: Batch | undefined;
  let closed = false;
  const running = () => {
    if (closed) throw new Error('the object reader is closed');
    if (batch === undefined || batch.hasEnded()) batch = startBatch(git);
    return batch;
  };
  const ask = async (about: About, id: string) => {
    const process = running();
    // Anything else could be several requests to git, or an expression.
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id)) throw new Error(`not a full object id: ${id}`);
    return process.ask(about, id);
  };
  return {
    read: async (id) => (await ask('contents', id))?.object,
    size: async (id) => (await ask('info', id))?.size,
    prepare: () => void running(),
    async close() {
      closed = true;
      await batch?.end();
    },
  };
}

type About = 'contents' | 'info';

interface Answer {
  /** Its body is empty where only its size was asked for. */
  readonly object: StoredObject;
  readonly size: number;
}

interface Batch {
  ask(about: About, id: string): Promise<Answer | undefined>;
  end(): Promise<void>;
  hasEnded(): boolean;
}

interface Request {
  readonly about: About;
  readonly resolve: (answer: Answer | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** One `git cat-file --batch-command`, which answers in the order it is asked (git-cat-file(1), "BATCH OUTPUT"). */
function startBatch(git: Git): Batch {
  const child = spawn('git', [`--git-dir=${git.gitDir}`, 'cat-file', '--batch-command'], {
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
    while (waiting.length > 0) {
      const next = nextAnswer(unread, waiting[0]!.about);
      if (next === undefined) break;
      unread = unread.subarray(next.length);
      waiting.shift()!.resolve(next.answer);
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
    ask: (about, id) =>
      new Promise((resolve, reject) => {
        waiting.push({ about, resolve, reject });
        if (unsent === '') process.nextTick(send);
        unsent += `${about} ${id}\n`;
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
function nextAnswer(bytes: Buffer, about: About): { answer: Answer | undefined; length: number } | undefined {
  const line = bytes.indexOf('\n');
  if (line < 0) return undefined;
  const [, type = '', written] = bytes.toString('latin1', 0, line).split(' ');
  const start = line + 1;
  if (written === undefined) return { answer: undefined, length: start };
  const size = Number(written);
  if (about === 'info') return { answer: { object: { type, body: Buffer.alloc(0) }, size }, length: start };
  const end = start + size;
  if (bytes.length < end + 1) return undefined;
  return { answer: { object: { type, body: bytes.subarray(start, end) }, size }, length: end + 1 };
}
