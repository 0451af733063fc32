import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { getSystemErrorName } from 'node:util';
import { ChangedError } from './changed-error';
import type { Exit, HeldProcess, Program } from './held-process';
import { LAUNCHER_SCRIPT } from './launcher-script';
import { openPipe } from './pipe';
import { endProcessGroup } from './process-group';
import { startTimer } from './timer';

/**
 * A small process that starts programs in place of this one, one at a time: to start a process takes the longer
 * the more memory its parent has, and Node.js waits for it.
 */
export interface Launcher {
  /** Starts the process, where it is not there yet; whoever needs it soon need not wait for it then. */
  prepare(): void;
  /**
   * Starts a program held back, as `spawnHeld` does.
   * @param onlyAsSealed only where `seal` was the last to succeed, and nothing has changed since
   * @returns undefined where the launcher cannot: there is no Perl, it is at work, the program's words and
   *   environment are long; then nothing has been started
   * @throws ChangedError where it was to be as sealed, and that is not certain; the system's error where it cannot
   *   start a process
   */
  start(program: Program, onlyAsSealed?: boolean): Promise<HeldProcess | undefined>;
  /**
   * Remembers what lstat(2) says of paths. Whoever then finds them to be as they should knows that they still are
   * when a program starts as sealed.
   * @param folder absolute
   * @param paths in the folder, one character a byte (latin1); the first of them has just been touched
   * @returns false where nothing is remembered: one is missing or has changed within the same tick of the clock as the
   *   first, or the launcher cannot do this here
   */
  seal(folder: string, paths: readonly string[]): Promise<boolean>;
  /** Ends the process, once what it has started has ended. */
  close(): Promise<void>;
}

/** At this place on Debian, Fedora, Alpine and macOS; one from the PATH might be anything. */
const PERL = '/usr/bin/perl';

/** The numbers of prctl(2), setsid(2), mknodat(2) and newfstatat(2). */
const SYSTEM_CALLS: Readonly<Record<string, readonly number[]>> = {
  'linux x64': [157, 112, 259, 262],
  'linux arm64': [167, 157, 33, 79],
};

/** In bytes. Far more than gates need; any system takes that much, so that E2BIG comes from `spawnHeld` only. */
const LONGEST = 64 << 10;

/** So many ms it may take to answer: one that somebody has stopped never does, and is killed. */
const PATIENCE = 10_000;

/**
 * @param perl another path of Perl, for tests of what happens without
 * @param calls none: as on a system whose numbers are not known
 */
export function openLauncher(
  perl = PERL,
  calls = SYSTEM_CALLS[`${process.platform} ${process.arch}`] ?? [],
  patience = PATIENCE,
): Launcher {
  let isThere = existsSync(perl);
  let current: LauncherProcess | undefined;
  let sealed: LauncherProcess | undefined;
  const running = () => {
    if (current === undefined || current.hasEnded()) current = launch(perl, calls, patience);
    return current;
  };
  return {
    prepare() {
      if (isThere) running();
    },
    async start(program, onlyAsSealed = false) {
      const parts = [program.cwd, `${program.argv.length}`, ...program.argv, ...pairs(program.env)];
      const canStart = isThere && !current?.isBusy() && fits(parts);
      // One that was started anew knows nothing of a seal.
      if (onlyAsSealed && !(canStart && running() === sealed)) throw new ChangedError();
      if (!canStart) return undefined;
      const answer = await running().start(onlyAsSealed ? 'start-sealed' : 'start', parts);
      // Not even this Perl's own modules.
      if (answer === 'never ready') isThere = false;
      if (typeof answer === 'object') return answer;
      if (onlyAsSealed) throw new ChangedError();
      return undefined;
    },
    async seal(folder, paths) {
      sealed = undefined;
      if (!isThere || calls.length === 0 || current?.isBusy()) return false;
      const launcher = running();
      if (await launcher.seal([Buffer.from(folder).toString('latin1'), ...paths])) sealed = launcher;
      return sealed !== undefined;
    },
    async close() {
      isThere = false;
      await current?.close();
    },
  };
}

const pairs = (env: Program['env']) => Object.entries(env).map(([name, value]) => `${name}=${value}`);

const fits = (parts: readonly string[]) =>
  parts.reduce((sum, part) => sum + 3 * part.length, 0) < LONGEST &&
  !parts.some((part) => part.includes('\0'));

type Started = HeldProcess | 'never ready' | 'ended' | 'changed';

interface LauncherProcess {
  start(kind: 'start' | 'start-sealed', parts: readonly string[]): Promise<Started>;
  seal(parts: readonly string[]): Promise<boolean>;
  isBusy(): boolean;
  hasEnded(): boolean;
  close(): Promise<void>;
}

function launch(perl: string, calls: readonly number[], patience: number): LauncherProcess {
  const child = spawn(perl, ['-e', LAUNCHER_SCRIPT, ...calls.map(String)], {
    // None of our environment: PERL5OPT and its like would be heard.
    env: { LC_ALL: 'C' },
    cwd: '/',
    // Ctrl-C on the terminal is not for this process.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = readLines(child);
  const kill = () => child.kill('SIGKILL');
  const answer = async () => {
    const cancel = startTimer(patience, kill);
    return lines.next().finally(cancel);
  };
  const ready = answer();
  const temporary = tmpdir();
  let busy = false;

  async function hold(kind: string, parts: readonly string[]): Promise<Started> {
    if ((await ready) === undefined) return 'never ready';
    const fifo = `${temporary}/lex-pr-${randomUUID()}`;
    const request = [kind, fifo, ...parts].join('\0');
    child.stdin.write(`${Buffer.byteLength(request)}`.padStart(10, '0') + request);
    const held = await answer();
    if (held === undefined) return 'ended';
    if (held === 'changed') return held;
    const [word, value] = held.split(' ');
    if (word === 'error') {
      await answer();
      throw systemError(Number(value));
    }
    const pid = Number(value);
    try {
      // The write end as well, so that there is one before the program has opened its own.
      const { readEnd, writeEnd } = openPipe(fifo);
      const exited = readExit(lines).finally(() => {
        closeSync(writeEnd);
        busy = false;
      });
      // The program has removed it, unless it was killed before.
      exited.then(({ exitCode }) => exitCode ?? rmSync(fifo, { force: true })).catch(() => {});
      const release = () => child.stdin.write('\n');
      return { pid, output: readEnd, release, exited, endRest, giveUp: kill };
    } catch (error) {
      await endProcessGroup(pid, 0);
      rmSync(fifo, { force: true });
      await answer();
      throw error;
    }
  }

  /** One that a program has killed cannot know. */
  async function endRest(): Promise<'none' | 'some' | 'unknown'> {
    busy = true;
    try {
      child.stdin.write('0000000008end-rest');
      const [, left] = (await answer())?.split(' ') ?? [];
      return left === 'none' || left === 'some' ? left : 'unknown';
    } finally {
      busy = false;
    }
  }

  return {
    async start(kind, parts) {
      busy = true;
      let held: Awaited<ReturnType<typeof hold>> | undefined;
      try {
        held = await hold(kind, parts);
      } finally {
        if (typeof held !== 'object') busy = false;
      }
      return held;
    },
    async seal(parts) {
      busy = true;
      try {
        if ((await ready) === undefined) return false;
        const request = Buffer.from(['seal', ...parts].join('\0'), 'latin1');
        child.stdin.write(`${request.length}`.padStart(10, '0'));
        child.stdin.write(request);
        return (await answer()) === 'sealed 1';
      } finally {
        busy = false;
      }
    },
    isBusy: () => busy,
    hasEnded: lines.haveEnded,
    async close() {
      child.stdin.end();
      // What it has started has as long as it takes.
      const cancel = startTimer(patience, () => busy || kill());
      await lines.end;
      cancel();
    },
  };
}

/**
 * How a program has ended, as the launcher says it, if that is still there.
 * @throws the system's error where it could not become the program
 */
async function readExit(lines: Lines): Promise<Exit> {
  const line = await lines.next();
  if (line === undefined) return { exitCode: null, signal: null, alone: false };
  const [word, first, second] = line.split(' ');
  const value = Number(first);
  if (word === 'error') {
    await lines.next();
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

/** What a process writes. */
interface Lines {
  /** Undefined once it has ended. One call at a time. */
  next(): Promise<string | undefined>;
  haveEnded(): boolean;
  readonly end: Promise<void>;
}

function readLines(child: ChildProcessByStdio<Writable, Readable, null>): Lines {
  const lines: string[] = [];
  let unread = '';
  let ended = false;
  let waiting: ((line: string | undefined) => void) | undefined;
  const { promise: end, resolve: settle } = Promise.withResolvers<void>();
  const give = () => {
    if (waiting === undefined || (lines.length === 0 && !ended)) return;
    waiting(lines.shift());
    waiting = undefined;
  };
  const finish = () => {
    ended = true;
    give();
    settle();
  };
  child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
    const parts = (unread + chunk).split('\n');
    unread = parts.pop()!;
    lines.push(...parts);
    give();
  });
  // What is asked of a process that has gone is answered by its end.
  child.stdin.on('error', () => {});
  child.on('error', finish).on('close', finish);
  return {
    next: () =>
      new Promise<string | undefined>((resolve) => {
        waiting = resolve;
        give();
      }),
    haveEnded: () => ended,
    end,
  };
}
