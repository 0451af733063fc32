// An AWS emulator for tests and benchmarks: installed where it is missing, on a free port of 127.0.0.1, and gone
// with everything it started when it is stopped or this process ends.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pythonTool } from './python-tool.mjs';

const VERSION = '1.5.33';
/** Which emulator it is. */
export const EMULATOR = `ministack ${VERSION}`;
const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @param {Record<string, string>} variables further variables of the emulator, which its functions inherit
 * @returns {Promise<{ url: string, environment: Record<string, string>, stop: () => Promise<void> }>}
 *   `environment`: what makes the AWS SDK and CLIs talk to it, and to nothing else
 * @throws Error when it does not answer in time, with the end of its log
 */
export async function startEmulator(variables = {}) {
  const ministack = pythonTool('ministack', VERSION);
  const folder = mkdtempSync(join(tmpdir(), 'lex-pr-emulator-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, 'log');
  const child = launch(ministack, { url, folder, log, variables });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  // Its functions are in its process group.
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
    } catch {
      // All of them are gone.
    }
  };
  const stop = async () => {
    signal('SIGTERM');
    await Promise.race([exited, sleep(5_000, undefined, { ref: false })]);
    signal('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  if (!(await isHealthy(url, child))) {
    const end = readFileSync(log, 'utf8').slice(-2_000);
    await stop();
    throw new Error(`the emulator does not answer; the end of its log:\n${end}`);
  }
  return { url, environment: environmentFor(url), stop };
}

function launch(ministack, { url, folder, log, variables }) {
  const output = openSync(log, 'w');
  const env = {
    ...process.env,
    ...environmentFor(url),
    ...variables,
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: new URL(url).port,
    TMPDIR: folder,
    // As little of this machine's as there is of anybody's in a function.
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    // Mends it a little.
    PYTHONPATH: join(root, 'scripts/emulator'),
    PYTHONDONTWRITEBYTECODE: '1',
    // Functions run on this project's Node.js.
    PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
  };
  // The pipe ends with this process, however that ends.
  const script = '{ read -r _ <&3; kill -KILL 0; } & exec "$0" 3<&-';
  const child = spawn('sh', ['-c', script, ministack], {
    cwd: folder,
    env,
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
  });
  closeSync(output);
  return child;
}

async function isHealthy(url, child) {
  for (let tried = 0; tried < 300 && child.exitCode === null; tried += 1) {
    const answer = await fetch(`${url}/_ministack/health`).catch(() => undefined);
    if (answer?.ok) return true;
    await sleep(100);
  }
  return false;
}

const environmentFor = (url) => ({
  AWS_ENDPOINT_URL: url,
  AWS_ENDPOINT_URL_S3: url,
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_SESSION_TOKEN: '',
  AWS_PROFILE: '',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
});

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
