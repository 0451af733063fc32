import { existsSync } from 'node:fs';
import { ChangedError } from './changed-error';
import { type LauncherProcess, launch } from './launcher-process';
import { endProcessGroups } from './process-group';
import { recordsIn } from './process-records';
import type { Output, Program, StartedProcess } from './started-process';

/**
 * A small process that starts programs in place of this one, one at a time: to start a process takes the longer
 * the more memory its parent has, and Node.js waits for it.
 */
export interface Launcher {
  /** Starts the process, where it is not there yet; whoever needs it soon need not wait for it then. */
  prepare(): void;
  /**
   * Starts a program.
   * @param onlyAsSealed only where `seal` was the last to succeed, and nothing has changed since
   * @returns undefined where the launcher cannot: there is no Perl, the system is another, it is at work, the program's
   *   words and environment are long; then nothing has been started
   * @throws ChangedError where it was to be as sealed, and that is not certain; the system's error where it cannot
   *   start a process
   */
  start(program: Program, output: Output, onlyAsSealed?: boolean): Promise<StartedProcess | undefined>;
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

export interface LauncherOptions {
  /** Where it records the process that it starts; it does not, where left out. */
  readonly recordFile?: string;
  /** Another path of Perl, for tests of what happens without. */
  readonly perl?: string;
  /** None: as on a system whose numbers are not known. */
  readonly calls?: readonly number[] | undefined;
  /** In ms: so long it may take to answer; one that somebody has stopped never does, and is killed. */
  readonly patience?: number;
}

/** At this place on Debian, Fedora and Alpine; one from the PATH might be anything. */
export const PERL = '/usr/bin/perl';

/** The numbers of prctl(2), setsid(2) and newfstatat(2) here; none where they are not known. */
export const SYSTEM_CALLS: readonly number[] =
  new Map([
    ['linux x64', [157, 112, 262]],
    ['linux arm64', [167, 157, 79]],
  ]).get(`${process.platform} ${process.arch}`) ?? [];

/** In bytes. Far more than gates need; any system takes that much, so that E2BIG comes from `startHeld` only. */
const LONGEST = 64 << 10;

export function openLauncher(options: LauncherOptions = {}): Launcher {
  const { recordFile = '', perl = PERL, patience = 10_000, calls = SYSTEM_CALLS } = options;
  let isThere = calls.length > 0 && existsSync(perl);
  let current: LauncherProcess | undefined;
  let sealed: LauncherProcess | undefined;
  const closing = new Set<Promise<void>>();
  const close = (launcher: LauncherProcess) => {
    const closed = launcher.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  const running = () => {
    if (current?.isSpent()) {
      close(current);
      current = undefined;
    }
    current ??= launch(perl, calls, patience);
    return current;
  };
  return {
    prepare() {
      if (isThere) running();
    },
    async start(program, output, onlyAsSealed = false) {
      const parts = partsOf(program);
      const canStart = isThere && !current?.isBusy() && fits(parts);
      // One that was started anew knows nothing of a seal.
      if (onlyAsSealed && !(canStart && running() === sealed)) throw new ChangedError();
      if (!canStart) return undefined;
      const kind = onlyAsSealed ? 'start-sealed' : 'start';
      const answer = await running().start(kind, [recordFile, ...parts], output);
      if (answer === 'never ready') isThere = false;
      if (typeof answer === 'object') return answer;
      // It may have started the program, and not come to say so: nothing runs twice at once.
      if (answer === 'ended') await endProcessGroups(recordsIn(recordFile));
      if (onlyAsSealed) throw new ChangedError();
      return undefined;
    },
    async seal(folder, paths) {
      sealed = undefined;
      if (!isThere || current?.isBusy()) return false;
      const launcher = running();
      if (await launcher.seal([Buffer.from(folder).toString('latin1'), ...paths])) sealed = launcher;
      return sealed !== undefined;
    },
    async close() {
      isThere = false;
      await Promise.all([current?.close(), ...closing]);
    },
  };
}

/** What a request to start a program holds after its kind and the file for the record. */
export const partsOf = ({ cwd, argv, env }: Program): string[] => [
  ...[cwd, `${argv.length}`, ...argv],
  ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
];

const fits = (parts: readonly string[]) =>
  parts.reduce((sum, part) => sum + 3 * part.length, 0) < LONGEST &&
  !parts.some((part) => part.includes('\0'));
