import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { endStrays } from '../../lib/gates/strays';
import { NODE_OPTIONS } from '../../lib/infra/function-table';

/** The folder that images are made from. */
export const IMAGES = join(__dirname, '../../dist/functions');
export const DOCKERFILE = readFileSync(join(IMAGES, 'Dockerfile'), 'utf8');
const CLIENT = join(__dirname, 'runtime-client.mjs');

export interface FunctionOptions {
  /** What the template gives it, besides what every function has. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Alone on a machine, where only `/tmp` can be written to; see `canIsolate`. */
  readonly isolated?: boolean;
  /** The only programs on its search path, of this one. Default: all of them. */
  readonly programs?: readonly string[];
}

/** An image's function in a process of its own, behind the Runtime API of Lambda. */
export interface RunningFunction {
  /** Its temporary folder, where it is not isolated. */
  readonly temporary: string;
  /**
   * Calls it.
   * @param timeLeft until the deadline that it is told, in ms
   * @throws FunctionError when it answers with an error; an Error with its log when it ends without an answer
   */
  invoke<T>(event: unknown, timeLeft?: number): Promise<T>;
  /** What it has printed so far. */
  log(): string;
}

/** What a function has told the Runtime API of an error, while it started or in a call. */
export class FunctionError extends Error {
  constructor(
    readonly when: 'init' | 'invocation',
    readonly errorType: string,
    message: string,
    readonly trace: readonly string[],
  ) {
    super(message);
  }
}

/** Starts functions for the tests of a file; each has ended, and left nothing, after its test. */
export function testFunctions() {
  jest.setTimeout(60_000);
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  /**
   * @param name of a folder of `IMAGES`
   * @returns when it waits for its first call
   * @throws FunctionError, or an Error with its log, when it does not start
   */
  return async (name: string, options: FunctionOptions = {}): Promise<RunningFunction> => {
    const root = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    const api = await serveRuntimeApi();
    cleanups.push(async () => {
      endStrays(root);
      await api.close();
      rmSync(root, { recursive: true, force: true });
    });
    const child = launch(name, root, api.address, options);
    const closed = new Promise((resolve) => child.once('close', resolve));
    let log = '';
    for (const output of [child.stdout!, child.stderr!]) output.on('data', (chunk) => (log += chunk));
    child.on('error', api.end);
    child.on('close', (code, signal) => api.end(new Error(`${name} ended (${code ?? signal}):\n${log}`)));
    cleanups.push(async () => {
      // Of its group, or of its machine, whose processes go with the first one.
      kill(child);
      await closed;
    });
    await api.ready;
    return { temporary: join(root, 'tmp'), invoke: api.invoke, log: () => log };
  };
}

function launch(name: string, root: string, address: string, options: FunctionOptions): ChildProcess {
  const { variables = {}, isolated = false, programs } = options;
  const task = join(root, 'task');
  // COPY. Where no dependency of this project can be found.
  cpSync(join(IMAGES, name), task, { recursive: true });
  mkdirSync(join(root, 'tmp'));
  const env = {
    ...environment(name, address),
    LAMBDA_TASK_ROOT: isolated ? '/mnt/task' : task,
    PATH: programs === undefined ? process.env.PATH! : pathOf(programs, join(root, 'bin')),
    ...(isolated ? {} : { TMPDIR: join(root, 'tmp') }),
    ...variables,
  };
  // Not as the child of what may be the first process of a container: the function would take that for Lambda.
  const shell = (script: string) => ['/bin/sh', '-c', script, 'sh', process.execPath, CLIENT, task];
  const [command, ...args] = isolated
    ? [...APART, ...shell(`${MACHINE}\n/mnt/node /mnt/client.mjs; exit $?`)]
    : shell('"$1" "$2"; exit $?');
  return spawn(command!, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What Lambda defines for every function; without HOME, and with what the template gives each. */
const environment = (name: string, address: string) => ({
  _HANDLER: /^CMD \["(.+)"\]$/m.exec(DOCKERFILE)![1]!,
  _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
  AWS_ACCESS_KEY_ID: 'AKIAs3cret',
  AWS_SECRET_ACCESS_KEY: 's3cret',
  AWS_SESSION_TOKEN: 's3cret',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_LAMBDA_FUNCTION_NAME: name,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '2048',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]1',
  AWS_LAMBDA_RUNTIME_API: address,
  AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
  AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:2000',
  LAMBDA_RUNTIME_DIR: '/var/runtime',
  LANG: 'en_US.UTF-8',
  NODE_OPTIONS,
  TZ: ':UTC',
});

/** A folder with links to some programs. */
function pathOf(programs: readonly string[], folder: string): string {
  mkdirSync(folder);
  for (const name of programs) {
    const found = execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).trim();
    symlinkSync(found, join(folder, basename(name)));
  }
  return folder;
}

const AS_ROOT = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
/** Processes, mounts and the end of all with the first one, of its own. */
const APART = ['unshare', ...AS_ROOT, '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
/** What the first process of a machine as Lambda's does, with a program, a file for it and the folder of the task. */
const MACHINE = `set -e
mount -t tmpfs none /mnt
touch /mnt/node /mnt/client.mjs
mkdir /mnt/task
mount --bind "$1" /mnt/node
mount --bind "$2" /mnt/client.mjs
mount --bind "$3" /mnt/task
mount -o remount,bind,ro /mnt/task
mount -o remount,bind,ro /
mount -t tmpfs none /tmp
cd /mnt/task
set +e`;

/** Whether this system allows a machine of one's own, which takes namespaces of Linux. */
export function canIsolate(): boolean {
  const [command, ...args] = [...APART, 'sh', '-c', MACHINE, 'sh', process.execPath, CLIENT, IMAGES];
  return spawnSync(command!, args).status === 0;
}

function kill(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // All of them are gone.
  }
}

interface Call {
  readonly event: unknown;
  readonly timeLeft: number;
  readonly answer: PromiseWithResolvers<unknown>;
}

interface RuntimeApi {
  /** Host and port. */
  readonly address: string;
  /** Resolves with the first request for a call. */
  readonly ready: Promise<void>;
  readonly invoke: RunningFunction['invoke'];
  /** No more answers come. */
  end(why: Error): void;
  close(): Promise<void>;
}

/** Lambda's Runtime API, version 2018-06-01, for one process. */
async function serveRuntimeApi(): Promise<RuntimeApi> {
  const ready = Promise.withResolvers<void>();
  const waiting: Call[] = [];
  const running = new Map<string, Call>();
  let listener: ((call: Call) => void) | undefined;
  let ended: Error | undefined;
  let calls = 0;

  const hand = (response: ServerResponse, { event, timeLeft, ...call }: Call) => {
    const id = `00000000-0000-4000-8000-${String(calls++).padStart(12, '0')}`;
    running.set(id, { event, timeLeft, ...call });
    response
      .setHeader('lambda-runtime-aws-request-id', id)
      .setHeader('lambda-runtime-deadline-ms', Date.now() + timeLeft)
      .setHeader('lambda-runtime-invoked-function-arn', 'arn:aws:lambda:us-east-1:123456789012:function:test')
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify(event));
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [what, id, how] = request.url!.replace('/2018-06-01/runtime/', '').split('/');
    if (request.method === 'GET' && id === 'next') {
      ready.resolve();
      const call = waiting.shift();
      if (call !== undefined) hand(response, call);
      else listener = (next) => hand(response, next);
      return;
    }
    const told = await json(request);
    const call = running.get(id!);
    if (what === 'init' && id === 'error') ready.reject(errorOf('init', told));
    else if (call !== undefined && how === 'response') call.answer.resolve(told);
    else if (call !== undefined && how === 'error') call.answer.reject(errorOf('invocation', told));
    else {
      response.writeHead(400).end('{"errorType":"InvalidRequestID"}');
      return;
    }
    running.delete(id!);
    response.writeHead(202).end('{"status":"OK"}');
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  // Whoever does not wait for it any more is not to fail of it.
  ready.promise.catch(() => {});
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    ready: ready.promise,
    invoke<T>(event: unknown, timeLeft = 900_000) {
      const call = { event, timeLeft, answer: Promise.withResolvers<unknown>() };
      if (ended !== undefined) call.answer.reject(ended);
      else if (listener === undefined) waiting.push(call);
      else {
        listener(call);
        listener = undefined;
      }
      return call.answer.promise as Promise<T>;
    },
    end(why) {
      ended = why;
      ready.reject(why);
      for (const call of [...waiting, ...running.values()]) call.answer.reject(why);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function errorOf(when: FunctionError['when'], told: unknown): FunctionError {
  const { errorType, errorMessage, trace } = told as {
    errorType: string;
    errorMessage: string;
    trace: string[];
  };
  return new FunctionError(when, errorType, errorMessage, trace);
}
