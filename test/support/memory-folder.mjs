import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { join } from 'node:path';

/** Linux keeps files below it in memory; in a container it may be small, or programs may not run from it. */
const SHARED_MEMORY = '/dev/shm';
const ENOUGH = 2 ** 31;

/** Node's own cache of what it has compiled. */
const COMPILED = 'node-compile-cache';

let folder;

/**
 * Lets the tests make their temporary folders in memory: thousands of git processes and databases wait for the
 * disk else, a third of the time of the tests. Where there is no room, or TMPDIR says where to go, nothing changes.
 * @returns where Node may keep what it compiles until the tests have ended; undefined where nothing has changed
 */
export function useMemory() {
  if (process.env.TMPDIR !== undefined) return undefined;
  try {
    accessSync(SHARED_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    if (bavail * bsize < ENOUGH || mayNotExecute()) return undefined;
    sweep();
    folder = mkdtempSync(join(SHARED_MEMORY, `lex-pr-tests-${process.pid}-`));
    // As of every folder for temporary files: some tests are another user.
    chmodSync(folder, 0o1777);
    process.env.TMPDIR = folder;
    return join(folder, COMPILED);
  } catch {
    // No such folder: not Linux.
    return undefined;
  }
}

/** What tests that were killed have left would stay in memory. */
function sweep() {
  for (const name of readdirSync(SHARED_MEMORY)) {
    const [, pid] = /^lex-pr-tests-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(join(SHARED_MEMORY, name), { recursive: true, force: true });
  }
}

/**
 * After all tests: removes what they have left behind.
 * @throws Error that names it, which fails the run; of one that was stopped, tests have had no time to clean up
 */
export function leaveMemory() {
  if (folder === undefined) return;
  const left = readdirSync(folder).filter((name) => name !== COMPILED && !isPipe(join(folder, name)));
  rmSync(folder, { recursive: true });
  if (left.length > 0) throw new Error(`left behind by tests: ${left.join(', ')}`);
}

/** That of a gate which was just being started when a test killed the run. */
const isPipe = (path) => lstatSync(path).isFIFO();

const mayNotExecute = () =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[1] === SHARED_MEMORY && /\bnoexec\b/.test(line.split(' ')[3] ?? ''));
