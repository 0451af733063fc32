import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** A test that a mutation keeps from coming to its end is ended by then. */
const MINUTES = 4;

/**
 * Runs test files of a copy of the work tree, one after another.
 * @param stop ends what runs; then `firstFailure` rejects
 */
export function createTester(root, stop) {
  const temporary = join(root, 'tmp');
  const output = join(root, 'tmp', 'jest.json');
  mkdirSync(temporary);
  const base = createRequire(import.meta.url)(join(root, 'jest.config.js'));
  // In a fixed order, so that the first failure is the same each time. Builds are made here.
  const { globalSetup: _, ...config } = { ...base, rootDir: root, randomize: false };
  const jest = [join(root, 'node_modules/jest/bin/jest.js'), '--config', JSON.stringify(config)];
  const flags = ['--ci', '--runInBand', '--forceExit', '--silent', '--json', `--outputFile=${output}`];
  // What tests leave behind when they are ended goes with the copy.
  const env = { ...process.env, TMPDIR: temporary };

  /** The first test that fails in the first file that has one; undefined where all pass. */
  async function firstFailure(files) {
    let isBuilt = false;
    for (const file of files) {
      if (/^test\/(e2e|cli)\//.test(file) && !isBuilt) {
        const { code } = await run(['scripts/build.mjs']);
        if (code !== 0) throw new Error('it cannot be built');
        isBuilt = true;
      }
      rmSync(output, { force: true });
      const { code, late } = await run([...jest, ...flags, '--runTestsByPath', join(root, file)]);
      if (late) return { file, test: '(came to no end)' };
      if (code !== 0) return { file, test: failureIn(file) };
    }
    return undefined;
  }

  function failureIn(file) {
    const { testResults } = JSON.parse(readFileSync(output, 'utf8'));
    const [suite] = testResults;
    const failed = suite.assertionResults.find(({ status }) => status === 'failed');
    if (failed === undefined) throw new Error(`${file} does not run: ${suite.message}`);
    return failed.fullName;
  }

  async function run(args) {
    stop.throwIfAborted();
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'ignore', detached: true });
    const ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    let late = false;
    const end = () => endGroup(child.pid, ended);
    const timer = setTimeout(() => {
      late = true;
      void end();
    }, MINUTES * 60_000);
    stop.addEventListener('abort', end);
    const code = await ended;
    clearTimeout(timer);
    stop.removeEventListener('abort', end);
    signalGroup(child.pid, 'SIGKILL');
    endStrays(temporary);
    stop.throwIfAborted();
    return { code, late };
  }

  return { firstFailure };
}

/** Runs that tests have started end their gates when they are asked to, so they are asked first. */
async function endGroup(pid, ended) {
  signalGroup(pid, 'SIGINT');
  const grace = setTimeout(() => signalGroup(pid, 'SIGKILL'), 8_000);
  await ended;
  clearTimeout(grace);
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

/**
 * What has left the group, as gates do, and outlived its test, as can happen where ending things is broken. It is told
 * by the folder for temporary files that it was given; only Linux says so.
 */
function endStrays(temporary) {
  if (process.platform !== 'linux') return;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`TMPDIR=${temporary}`))
        process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended, or is somebody else's.
    }
  }
}
