import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handle } from '../../../lib/api/handle';
import type { HttpResponse, ReceivedRequest } from '../../../lib/api/http';
import type { ControlServices } from '../../../lib/engine/aws/control';
import { answer } from '../../../lib/engine/aws/control-answer';
import type { ControlAnswer, ControlCall, Upload } from '../../../lib/engine/aws/control-protocol';
import type { FailedExecution } from '../../../lib/engine/aws/execution-event';
import { type Fired, fireSchedule } from '../../../lib/engine/aws/fire-schedule';
import { firingSchema } from '../../../lib/engine/aws/firing';
import { withLog } from '../../../lib/engine/aws/function-log';
import { runGateJob } from '../../../lib/engine/aws/gate-function';
import { subjectOf } from '../../../lib/engine/aws/handler';
import { type MergeCall, mergeForLane } from '../../../lib/engine/aws/merge-run';
import { prepare } from '../../../lib/engine/aws/prepare-run';
import type {
  CheckCall,
  GateAnswer,
  GateReturn,
  NextAnswer,
  NextCall,
  ReportAnswer,
} from '../../../lib/engine/aws/protocol';
import { reconcile } from '../../../lib/engine/aws/reconcile-run';
import { reportRun } from '../../../lib/engine/aws/report-run';
import { withRemoteWorkspace } from '../../../lib/engine/aws/repository-access';
import { type CheckRequest, requestCheck } from '../../../lib/engine/aws/request-check';
import { createLoader } from '../../../lib/engine/aws/run-context';
import { waitForTarget } from '../../../lib/engine/aws/run-queue';
import type { LaneStopper } from '../../../lib/engine/aws/starter';
import { stopWithFence } from '../../../lib/engine/aws/stop-run';
import { takeTurn } from '../../../lib/engine/aws/turn';
import { sharePasses } from '../../../lib/engine/shared-passes';
import { InputError } from '../../../lib/errors';
import { MemoryStore } from '../../../lib/performance/memory-store';
import { OperationCache } from '../../../lib/performance/operation-cache';
import type { Report } from '../../../lib/report/report';
import { decodeState } from '../../../lib/run/codec';
import { openMemoryRunStores } from '../../../lib/run/memory-turn-store';
import type { RunEvent } from '../../../lib/run/messages';
import type { RunStores } from '../../../lib/run/run-stores';
import type { RunState } from '../../../lib/run/state';
import { bind, createLogger } from '../../../lib/telemetry/logger';
import { type Sample, sampleOfWait, samplesOf } from '../../../lib/telemetry/samples';
import type { PlanDocument } from '../../support/cli';
import { type GitServer, serveRepository } from '../../support/git-http-server';
import { type MemoryBlobs, testBlobs } from '../../support/memory-blobs';
import { TestRepository } from '../../support/repository';
import { shape } from '../../support/shape';

/** The functions of one process each, as the handlers call them, with a `/tmp` and a memory of their own. */
export interface Functions {
  /** What prepare and merge keep their files in. */
  readonly home: string;
  queue(call: { run: string; generation: number; token: string }): Promise<void>;
  prepare(call: { run: string; generation: number }): ReturnType<typeof prepare>;
  next(call: NextCall): Promise<void>;
  gate(job: string): Promise<GateAnswer>;
  check(call: CheckCall): Promise<void>;
  merge(call: MergeCall): Promise<void>;
  report(call: { run: string; generation: number }): Promise<ReportAnswer>;
  reconcile(event: FailedExecution): Promise<void>;
  schedule(event: unknown, call: string): Promise<Fired>;
  control<T>(call: ControlCall): Promise<T>;
  /** `GET /runs` without more being said. */
  api(request: Partial<ReceivedRequest>): Promise<HttpResponse>;
}

/** A stack without AWS: the real functions around stores in memory and a repository behind HTTP. */
export interface Stack {
  readonly repo: TestRepository;
  readonly server: GitServer;
  readonly stores: RunStores;
  readonly blobs: MemoryBlobs;
  /** The lines that the functions have logged. */
  readonly logs: LogLine[];
  /** What was sent to CloudWatch. */
  readonly samples: Sample[];
  /** Checks that were asked for, in order. */
  readonly asked: CheckRequest[];
  /** Told of each of them, once it is asked for. */
  onAsked: (request: CheckRequest) => void;
  /** Executions that were started, as `<run>-<generation>`; a name that is there already starts none. */
  readonly executions: Set<string>;
  /** Lanes whose execution was stopped. */
  /** What its functions remember. */
  readonly cache: MemoryStore;
  readonly stoppedLanes: Parameters<LaneStopper>[0][];
  /** What a token is answered with; the first answer counts. */
  answerTo<T>(token: string): Promise<T>;
  /** Whether the newest executions still run, for those who ask. */
  isRunning: boolean;
  /** Functions that have just started. */
  functions(): Functions;
  /** Hands in a plan for the repository. @returns the run's id */
  submit(plan: PlanDocument, request?: object, key?: string): Promise<string>;
  /** The events of a run so far. */
  events(run: string): Promise<readonly RunEvent[]>;
  state(run: string): Promise<RunState>;
  report(run: string): Report;
}

/** A line of a function's log. */
export interface LogLine {
  readonly function: string;
  readonly event: string;
  readonly level: string;
  readonly [field: string]: unknown;
}

/** How a call is made: to one of the functions, or to several. */
export type Calling = <T>(call: (functions: Functions) => Promise<T>) => Promise<T>;
/** What an execution calls. */
export type Called = Omit<Functions, 'home' | 'reconcile' | 'schedule' | 'control' | 'api' | 'check'> &
  Partial<Pick<Functions, 'check'>>;
type Carrying = <T>(call: (functions: Called) => Promise<T>) => Promise<T>;
type Answers = Pick<Stack, 'answerTo'>;

/** Makes stacks for the tests of a file; each is gone after its test. */
export function testStacks() {
  jest.setTimeout(60_000);
  const openBlobs = testBlobs();
  const cleanups: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  return async (fill: (repo: TestRepository) => void = () => {}): Promise<Stack> => {
    const repo = TestRepository.create();
    const root = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    cleanups.push(() => {
      repo.remove();
      rmSync(root, { recursive: true, force: true });
    });
    fill(repo);
    // Nobody works in it: a push may move what is checked out.
    repo.git('config', 'receive.denyCurrentBranch', 'ignore');
    const server = await serveRepository(join(repo.path, '.git'));
    cleanups.push(() => server.close());
    return createStack(repo, server, await openBlobs(), root);
  };
}

function createStack(repo: TestRepository, server: GitServer, blobs: MemoryBlobs, root: string): Stack {
  const stores = openMemoryRunStores();
  const cache = new MemoryStore();
  const samples: Sample[] = [];
  const asked: CheckRequest[] = [];
  const logs: LogLine[] = [];
  const stream = { write: (text: string) => logs.push(JSON.parse(text)) };
  const logger = createLogger({ format: 'json', level: 'debug', stream, colour: false });
  /** As a handler of Lambda does it. */
  const logged = <T>(name: string, call: unknown, act: () => T): T =>
    withLog(bind(logger, { function: name, requestId: randomUUID(), ...subjectOf(call) }), act);
  const executions = new Set<string>();
  const stoppedLanes: Parameters<LaneStopper>[0][] = [];
  const answers = new Map<string, PromiseWithResolvers<unknown>>();
  const answerTo = (token: string) => {
    const known = answers.get(token) ?? Promise.withResolvers<unknown>();
    answers.set(token, known);
    return known;
  };
  const tokens = {
    async succeed(token: string, output: unknown) {
      answerTo(token).resolve(output);
    },
    async fail(token: string, error: string, cause: string) {
      throw new Error(`token ${token} failed: ${error}: ${cause}`);
    },
  };
  const send = async (sent: readonly Sample[]) => void samples.push(...sent);

  const publish = async (request: CheckRequest) => {
    asked.push(request);
    stack.onAsked(request);
  };

  const functions = (): Functions => {
    const home = mkdtempSync(join(root, 'function-'));
    const loadRun = createLoader(stores.store);
    const services: ControlServices &
      Parameters<typeof prepare>[0] &
      Parameters<typeof reconcile>[0] &
      Parameters<typeof fireSchedule>[0] = {
      ...stores,
      blobs,
      cache,
      tokens,
      loadRun,
      send,
      shape,
      now: Date.now,
      maxWorkers: 50,
      scratch: home,
      toolchains: { local: 'tools', container: 'engine' },
      pause: async () => {},
      withRepository: ((repository, work) =>
        withRemoteWorkspace(
          { home, repository, credentials: undefined, maxBytes: 2 ** 30 },
          work,
        )) as Parameters<typeof prepare>[0]['withRepository'],
      memoryOf: ({ record }) => {
        const { performance } = record.plan.policy;
        const { cacheTTLSeconds, enableCaching } = performance;
        const options = { store: cache, namespace: 'gate/1' };
        return {
          passes: new OperationCache(cacheTTLSeconds, enableCaching, options),
          shared: sharePasses(cache, performance, { tellAs: 'stack', believe: 'others' }),
        };
      },
      waited: (_, ms) => void samples.push(sampleOfWait(ms)),
      record: async ({ load, record }, state, events) =>
        send(samplesOf(load, record.plan.policy.mergeStrategy, state, events)),
      starter: {
        start: async ({ id }: { id: string }, generation: number) =>
          void executions.add(`${id}-${generation}`),
        isRunning: async () => stack.isRunning,
      },
      stopLane: async (lane) => void stoppedLanes.push(lane),
      stop: (run: string, why: string) => stopWithFence(services, run, why),
      merge: (call: MergeCall) => mergeForLane(services, call).then(() => undefined, String),
      readStored: (bucket: string, key: string) => blobs.get(`${bucket}/${key}`),
    };
    return {
      home,
      queue: (call) => logged('queue', call, () => waitForTarget(services, call)),
      prepare: (call) => logged('prepare', call, () => prepare(services, call)),
      next: (call) => logged('next', call, () => takeTurn(services, call)),
      // Lanes do this at the same time, each on a machine of its own.
      gate(job) {
        const run = () =>
          runGateJob(job, mkdtempSync(join(root, 'gate-')), {
            timeLeft: () => 900_000,
            clear: async () => {},
          });
        return logged('gate', { job }, run);
      },
      check: (call) =>
        logged('check', call, () =>
          requestCheck({ ...services, apiUrl: 'https://api.example', publish }, call),
        ),
      merge: (call) => logged('merge', call, () => mergeForLane(services, call)),
      report: (call) => logged('report', call, () => reportRun(services, call)),
      reconcile: (event) => logged('reconcile', event, () => reconcile(services, event)),
      schedule: (event, call) =>
        logged('schedule', event, async () => fireSchedule(services, firingSchema.parse(event), call)),
      api: (request) => {
        const common = {
          method: 'GET',
          path: '/runs',
          query: {},
          headers: {},
          body: '',
          caller: 'arn:tester',
        };
        return logged('api', {}, () => handle(services, { ...common, ...request }));
      },
      async control<T>(call: ControlCall) {
        const given = (await logged('control', call, () => answer(services, call))) as ControlAnswer<T>;
        if ('problems' in given) throw new InputError(given.problems);
        return given.value;
      },
    };
  };

  const stack: Stack = {
    repo,
    server,
    stores,
    blobs,
    cache,
    logs,
    samples,
    asked,
    onAsked() {},
    executions,
    stoppedLanes,
    answerTo: <T>(token: string) => answerTo(token).promise as Promise<T>,
    isRunning: true,
    functions,
    async submit(plan, request = {}, key) {
      const { control } = functions();
      const idempotencyKey = key === undefined ? {} : { idempotencyKey: key };
      const { run, plan: id, url } = await control<Upload>({ action: 'upload', ...idempotencyKey });
      const gates = [{ name: 'test', run: 'true' }];
      const document = { schemaVersion: 'v1', target: 'main', repository: server.url, gates, ...plan };
      await fetch(url, { method: 'PUT', body: JSON.stringify(document) });
      const committer = { name: 'Tester', email: 'tester@example.com' };
      await control({ action: 'submit', run, plan: id, request: { execute: true, committer, ...request } });
      return run;
    },
    events: (run) => stores.store.events(run),
    async state(run) {
      const { load } = await createLoader(stores.store)(run);
      return decodeState(load, (await stores.store.read(run)).state);
    },
    report: (run) => JSON.parse(String(blobs.files.get(`runs/${run}/files/report.json`))),
  };
  return stack;
}

/** Every call is made once. */
export function once({ functions }: Stack): Calling {
  const only = functions();
  return (call) => call(only);
}

/** Every call is made twice, one after another, the second time to functions that have just started. */
export function twice({ functions }: Stack): Calling {
  const first = functions();
  return async (call) => {
    const answered = await call(first);
    expect(withoutTimes(await call(functions()))).toEqual(withoutTimes(answered));
    return answered;
  };
}

/** Every call is made to two at once; which of them goes on when is theirs. */
export function atOnce({ functions }: Stack): Calling {
  const both = [functions(), functions()];
  return async (call) => {
    const [answered, ...others] = await Promise.all(both.map(call));
    for (const other of others) expect(withoutTimes(other)).toEqual(withoutTimes(answered));
    return answered!;
  };
}

/** What a gate says of the machine that it ran on is not the same twice. */
function withoutTimes(value: unknown): unknown {
  const varying = new Set(['startedAt', 'endedAt', 'heapUsedBytes', 'rssBytes']);
  const text = JSON.stringify(value, (name, field) => (varying.has(name) ? undefined : field));
  return text === undefined ? undefined : JSON.parse(text);
}

/** The next call of a method ends in an error, before it has done something or after it. */
export function failOnce<T extends object>(
  service: T,
  name: keyof T & string,
  when: 'before' | 'after',
): void {
  const method = service[name] as (...args: unknown[]) => Promise<unknown>;
  const failing = async (...args: unknown[]) => {
    service[name] = method as T[typeof name];
    if (when === 'after') await method.apply(service, args);
    throw new Error(`the function died ${when} ${name}`);
  };
  service[name] = failing as T[typeof name];
}

let tokens = 0;
export const newToken = () => `token-${tokens++}`;

/** Carries an execution of a run from its start to its end, as the state machines do. */
export async function carry(stack: Answers, run: string, call: Carrying, generation = 1): Promise<void> {
  const token = newToken();
  await call(({ queue }) => queue({ run, generation, token }));
  await stack.answerTo(token);
  const { lanes } = await call(({ prepare }) => prepare({ run, generation }));
  await Promise.all(lanes.map(({ lane }) => carryLane(stack, run, generation, lane, call)));
  await call(({ report }) => report({ run, generation }));
}

/** Carries one lane to its end. */
export async function carryLane(
  stack: Answers,
  run: string,
  generation: number,
  lane: number,
  call: Carrying,
): Promise<void> {
  let [last, results]: [number | null, readonly GateReturn[] | null] = [null, null];
  for (let calls = 0; ; calls += 1) {
    const token = newToken();
    const input = { run, generation, lane, k: 0, calls, retry: 0, last, token, lost: null };
    const given = results === null ? null : [...results];
    await call(({ next }) => next({ ...input, results: given }));
    const answer = await stack.answerTo<NextAnswer>(token);
    const { turn } = answer;
    [last, results] = [turn, null];
    if (answer.kind === 'done') return;
    if (answer.kind === 'gate') ({ results } = await call(({ gate }) => gate(answer.job)));
    if (answer.kind === 'check')
      await waitForCheck(stack, call, { run, generation, lane, k: 0, calls, turn });
    if (answer.kind === 'merge') await call(({ merge }) => merge({ run, generation, lane, turn }));
    if (answer.kind === 'sleep')
      await new Promise((resolve) => setTimeout(resolve, Date.parse(answer.until) - Date.now()));
  }
}

async function waitForCheck(
  stack: Answers,
  call: Carrying,
  held: Omit<CheckCall, 'retry' | 'token'>,
): Promise<void> {
  const token = newToken();
  await call(({ check }) => check!({ ...held, retry: 0, token }));
  await stack.answerTo(token);
}
