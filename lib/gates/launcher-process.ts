import { spawn } from 'node:child_process';
import { constants as files, openSync } from 'node:fs';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { LAUNCHER_SCRIPT } from './launcher-script';
import { type OutputReader, readOutput } from './output';
import type { Exit, Output, StartedProcess } from './started-process';
import { startTimer } from './timer';

/** One process of the launcher's program. Requests come one after another. */
export interface LauncherProcess {
  /**
   * @param parts what goes with the request, without NUL
   * @returns `never ready` where the program does not work here, `ended` where it has gone, `changed` where nothing was
   *   started because it is not as sealed
   * @throws the system's error where it cannot start a process
   */
  start(
    kind: 'start' | 'start-sealed',
    parts: readonly string[],
    output: Output,
  ): Promise<StartedProcess | 'never ready' | 'ended' | 'changed'>;
  /** @param parts one character a byte (latin1) */
  seal(parts: readonly string[]): Promise<boolean>;
  isBusy(): boolean;
  /** It has gone, or somebody else may still write to its pipe. */
  isSpent(): boolean;
  /** Ends it, once what it has started has ended. */
  close(): Promise<void>;
}

/** @param patience in ms: so long it may take to answer; one that somebody has stopped never does, and is killed */
export function launch(perl: string, calls: readonly number[], patience: number): LauncherProcess {
  const child = spawn(perl, ['-e', LAUNCHER_SCRIPT, ...calls.map(String)], {
    // None of our environment: PERL5OPT and its like would be heard.
    env: { LC_ALL: 'C' },
    cwd: '/',
    // Ctrl-C on the terminal is not for this process.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const kill = () => child.kill('SIGKILL');
  const answers = new Answers();
  let reader: OutputReader | undefined;
  let sink: Output | undefined;
  /** In bytes: the most that the output has which has not come yet. */
  let unread = Number.POSITIVE_INFINITY;
  let busy = false;
  let isTainted = false;
  let hasEnded = false;

  const write = (chunk: Uint8Array) => {
    if (sink === undefined) return;
    const { onFault } = sink;
    try {
      sink.write(chunk);
    } catch (error) {
      sink = undefined;
      onFault(error);
    }
  };
  const { promise: end, resolve: settle } = Promise.withResolvers<void>();
  const finish = () => {
    if (hasEnded) return;
    hasEnded = true;
    cancelFinish();
    reader?.stop();
    answers.end();
    settle();
  };
  let cancelFinish = () => {};
  // After its last answers; but what it has just forked may hold that socket, and wait for a dead disk.
  child.on('error', finish).on('close', finish);
  child.on('exit', () => {
    if (!hasEnded) cancelFinish = startTimer(1000, finish);
  });
  child.stdout.setEncoding('latin1').on('data', answers.push).on('error', kill);
  // What is asked of a process that has gone is answered by its end.
  child.stdin.on('error', () => {});

  /** Opens the pipe once the program says where. */
  const open = (line: string | undefined): boolean => {
    const [, descriptor] = /^ready (\d+)$/.exec(line ?? '') ?? [];
    if (descriptor === undefined || hasEnded) return false;
    try {
      const readEnd = openSync(`/proc/${child.pid}/fd/${descriptor}`, files.O_RDONLY | files.O_NONBLOCK);
      reader = readOutput(readEnd, write, kill);
      return true;
    } catch {
      return false;
    }
  };
  const isReady = answer().then(open);

  function ask(kind: string, parts: readonly string[], encoding: BufferEncoding): void {
    child.stdin.write(requestOf(kind, parts, encoding));
  }

  /** Undefined where it has gone. */
  async function answer(): Promise<string | undefined> {
    const cancel = startTimer(patience, kill);
    return answers.next().finally(cancel);
  }

  async function exit(): Promise<Exit> {
    try {
      const how = await readExit(answers.next);
      isTainted = !how.alone;
      unread = how.unread;
      return how;
    } finally {
      busy = false;
    }
  }

  /** One that a program has killed cannot know. */
  async function endRest(): Promise<'none' | 'some' | 'unknown'> {
    if (hasEnded) return 'unknown';
    busy = true;
    try {
      ask('end-rest', [], 'latin1');
      const left = (await answer())?.slice('rest '.length);
      isTainted = left !== 'none';
      return left === 'none' || left === 'some' ? left : 'unknown';
    } finally {
      busy = false;
    }
  }

  async function begin(kind: string, parts: readonly string[], output: Output) {
    if (!(await isReady)) return 'never ready';
    sink = output;
    unread = Number.POSITIVE_INFINITY;
    const [startedAt, released] = [Date.now(), performance.now()];
    ask(kind, parts, 'utf8');
    const held = await answer();
    if (held === undefined) return 'ended';
    if (held === 'changed') return held;
    const [word, value] = held.split(' ');
    if (word === 'error') {
      await answer();
      throw systemError(Number(value));
    }
    const stop = () => {
      if (sink !== output) return;
      // What somebody may still write to is not used again: it need not be empty.
      if (isTainted) reader?.stop();
      else reader?.handOver(unread);
      sink = undefined;
    };
    const exited = exit();
    return { pid: Number(value), startedAt, released, exited, stopReading: stop, endRest, giveUp: kill };
  }

  return {
    async start(kind, parts, output) {
      busy = true;
      let started: Awaited<ReturnType<typeof begin>> | undefined;
      try {
        started = await begin(kind, parts, output);
      } finally {
        if (typeof started !== 'object') {
          busy = false;
          sink = undefined;
        }
      }
      return started as StartedProcess | 'never ready' | 'ended' | 'changed';
    },
    async seal(parts) {
      busy = true;
      try {
        if (!(await isReady)) return false;
        ask('seal', parts, 'latin1');
        return (await answer()) === 'sealed 1';
      } finally {
        busy = false;
      }
    },
    isBusy: () => busy,
    isSpent: () => hasEnded || isTainted,
    async close() {
      child.stdin.end();
      // What it has started has as long as it takes.
      const cancel = startTimer(patience, () => busy || kill());
      await end;
      cancel();
    },
  };
}

/** As the program reads it. */
export function requestOf(kind: string, parts: readonly string[], encoding: BufferEncoding): Buffer {
  const request = Buffer.from([kind, ...parts].join('\0'), encoding);
  return Buffer.concat([Buffer.from(`${request.length}`.padStart(10, '0')), request]);
}

/** Answers to whoever asks next. */
class Answers {
  private readonly unread: string[] = [];
  /** Of a line that has not ended yet. */
  private begun = '';
  private hasEnded = false;
  private waiting: ((answer: string | undefined) => void) | undefined;

  readonly push = (text: string): void => {
    const lines = (this.begun + text).split('\n');
    this.begun = lines.pop()!;
    this.unread.push(...lines);
    this.give();
  };

  /** Undefined once they have ended. One call at a time. */
  readonly next = (): Promise<string | undefined> =>
    new Promise((resolve) => {
      this.waiting = resolve;
      this.give();
    });

  end(): void {
    this.hasEnded = true;
    this.give();
  }

  private give(): void {
    if (this.waiting === undefined || (this.unread.length === 0 && !this.hasEnded)) return;
    this.waiting(this.unread.shift());
    this.waiting = undefined;
  }
}

/**
 * How a program has ended, as the launcher says it, if that is still there, and the most unread output, in bytes.
 * @throws the system's error where it could not become the program
 */
async function readExit(next: () => Promise<string | undefined>): Promise<Exit & { unread: number }> {
  const answer = await next();
  if (answer === undefined)
    return { exitCode: null, signal: null, alone: false, unread: Number.POSITIVE_INFINITY };
  const [word, first, second, third] = answer.split(' ');
  const value = Number(first);
  if (word === 'error') {
    await next();
    throw systemError(value);
  }
  const signal = value & 0x7f;
  const alone = second === '1';
  // While something is left there may be more by now.
  const rest = { alone, unread: alone ? Number(third) : Number.POSITIVE_INFINITY };
  return signal === 0
    ? { exitCode: value >> 8, signal: null, ...rest }
    : { exitCode: null, signal: nameOf(signal), ...rest };
}

function nameOf(signal: number): NodeJS.Signals {
  const found = Object.entries(constants.signals).find(([, number]) => number === signal);
  // Real-time signals have no name.
  return (found?.[0] ?? `SIG${signal}`) as NodeJS.Signals;
}

function systemError(errno: number): Error {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`a process cannot be started: ${code}`), { code, errno: -errno });
}
