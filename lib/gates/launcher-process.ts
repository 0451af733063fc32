import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants as files, openSync } from 'node:fs';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { type AnswerReader, readAnswers } from './answers';
import { LAUNCHER_SCRIPT } from './launcher-script';
import { readOutput } from './output';
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
  let stopReading = () => {};
  let sink: Output | undefined;
  let reader: AnswerReader | undefined;
  let busy = false;
  let isTainted = false;
  let hasEnded = false;

  const write = (chunk: Uint8Array) => {
    if (sink === undefined || chunk.length === 0) return;
    const { onFault } = sink;
    try {
      sink.write(chunk);
    } catch (error) {
      sink = undefined;
      onFault(error);
    }
  };
  const push = (chunk: Uint8Array) => reader?.push(chunk);
  const { promise: end, resolve: settle } = Promise.withResolvers<void>();
  const finish = () => {
    if (hasEnded) return;
    hasEnded = true;
    stopReading();
    if (reader !== undefined) write(reader.rest());
    answers.end();
    settle();
  };
  child.on('error', finish).on('exit', finish);
  // What is asked of a process that has gone is answered by its end.
  child.stdin.on('error', () => {});

  /** Opens the pipe once the program says where. */
  const open = (line: string): boolean => {
    const [, descriptor] = /^ready (\d+)\n$/.exec(line) ?? [];
    if (descriptor === undefined || hasEnded) return false;
    const readEnd = openSync(`/proc/${child.pid}/fd/${descriptor}`, files.O_RDONLY | files.O_NONBLOCK);
    stopReading = readOutput(readEnd, push, kill);
    return true;
  };
  const isReady = new Promise<boolean>((resolve) => {
    const cancel = startTimer(patience, kill);
    const decide = (line: string) => {
      cancel();
      try {
        resolve(open(line));
      } catch {
        resolve(false);
      }
    };
    // So short that it comes at once.
    child.stdout.setEncoding('latin1').once('data', decide);
    end.then(() => decide(''));
  });

  function ask(kind: string, parts: readonly string[], encoding: BufferEncoding): void {
    const token = randomUUID();
    reader = readAnswers(token, write, answers.add);
    const request = Buffer.from([kind, token, ...parts].join('\0'), encoding);
    child.stdin.write(Buffer.concat([Buffer.from(`${request.length}`.padStart(10, '0')), request]));
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
      if (sink === output) sink = undefined;
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

/** Answers to whoever asks next. */
class Answers {
  private readonly unread: string[] = [];
  private hasEnded = false;
  private waiting: ((answer: string | undefined) => void) | undefined;

  readonly add = (answer: string): void => {
    this.unread.push(answer);
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
 * How a program has ended, as the launcher says it, if that is still there.
 * @throws the system's error where it could not become the program
 */
async function readExit(next: () => Promise<string | undefined>): Promise<Exit> {
  const answer = await next();
  if (answer === undefined) return { exitCode: null, signal: null, alone: false };
  const [word, first, second] = answer.split(' ');
  const value = Number(first);
  if (word === 'error') {
    await next();
    throw systemError(value);
  }
  const signal = value & 0x7f;
  const alone = second === '1';
  return signal === 0
    ? { exitCode: value >> 8, signal: null, alone }
    : { exitCode: null, signal: nameOf(signal), alone };
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
