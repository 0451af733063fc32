import type { Blobs } from '../../lib/engine/aws/blobs';
import type { ControlServices } from '../../lib/engine/aws/control';
import { answer } from '../../lib/engine/aws/control-answer';
import { parsePlan, readDocument } from '../../lib/engine/aws/read-plan';
import { reportRun } from '../../lib/engine/aws/report-run';
import { submissionSchema } from '../../lib/engine/aws/request';
import { createLoader } from '../../lib/engine/aws/run-context';
import { leaveTarget, waitForTarget } from '../../lib/engine/aws/run-queue';
import { cancelRun } from '../../lib/engine/cancel-run';
import { MemoryStore } from '../../lib/performance/memory-store';
import { openMemoryRunStores } from '../../lib/run/memory-turn-store';
import type { RunStores } from '../../lib/run/run-stores';
import { type Failure, serveAws } from './aws-api';
import { type CloudRun, carryInCloud } from './cloud-run';
import { type MemoryBlobs, testBlobs } from './memory-blobs';
import { shape } from './shape';

/**
 * A stack of which only the engine's inside is made up: behind CloudFormation's and Lambda's own protocols there is
 * the real control function, and runs go through the real queue, coordinator and report, all of it in memory.
 */
export interface TestCloud {
  /** What makes the command line talk to it, and to nothing else. */
  readonly env: Readonly<Record<string, string>>;
  readonly blobs: MemoryBlobs;
  readonly stores: RunStores;
  /** Every question that the control function was asked. */
  readonly calls: { readonly action: string; readonly [key: string]: unknown }[];
  /** How runs go; tests change it. */
  readonly script: Script;
  /** Holds the gates of some items of all runs from now on; at the end of the test they pass at the latest. */
  hold(...items: string[]): HeldGate;
  /** Asks the control function directly. */
  ask(call: object): Promise<unknown>;
  /** The runs that were begun are over. */
  settled(): Promise<void>;
}

export interface HeldGate {
  /** Resolves when the first of them has started. */
  readonly reached: Promise<void>;
  letGo(): void;
}

export interface Script {
  gate: CloudRun['gate'];
  /** Called instead of what starts a run. */
  start?: (run: string) => Promise<void>;
  /** What is answered instead of the control function. */
  fail?: (call: { readonly action: string }) => Failure | undefined;
  /** What the merge function answers to a cancel. */
  stop?: ControlServices['stop'];
  /** Just before the report is written. */
  beforeReport?: (run: string, blobs: Blobs) => Promise<void>;
  /** Whether executions that were started still run. */
  alive: boolean;
}

export const STACK = 'Test';
const FUNCTION = 'test-control';

/** Makes clouds for the tests of a file; each is gone after its test. */
export function testClouds(): () => Promise<TestCloud> {
  const open = testBlobs();
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  return async () => {
    const { cloud, close } = await createCloud(await open());
    closing.push(close);
    return cloud;
  };
}

async function createCloud(blobs: MemoryBlobs): Promise<{ cloud: TestCloud; close: () => Promise<void> }> {
  const stores = openMemoryRunStores();
  const loadRun = createLoader(stores.store);
  const script: Script = { gate: async () => 'pass', alive: true };
  const calls: TestCloud['calls'] = [];
  const carried: Promise<void>[] = [];
  const held: HeldGate[] = [];
  const waiting = new Map<string, () => void>();
  const base = { ...stores, blobs, loadRun, now: Date.now };
  const tokens = {
    async succeed(token: string) {
      waiting.get(token)?.();
    },
    async fail() {},
  };
  const begin = async (run: string, generation: number) => {
    if (script.start !== undefined) {
      await script.start(run);
      return;
    }
    const submitted = (await stores.index.get(run))!;
    const turn = Promise.withResolvers<void>();
    waiting.set(run, turn.resolve);
    await waitForTarget({ ...stores, tokens }, { run, token: run });
    await turn.promise;
    if ((await stores.index.get(run))!.endedAt === undefined) {
      const submission = submissionSchema.parse(JSON.parse(submitted.request));
      const plan = parsePlan(await readDocument(blobs, run, submission.plan as string), submission);
      await carryInCloud({ ...submission, stores, blobs, id: run, plan, gate: script.gate });
      await script.beforeReport?.(run, blobs);
      const cache = new MemoryStore();
      await reportRun({ ...base, cache, tokens, send: async () => {}, shape }, { run, generation });
    }
    await leaveTarget({ ...stores, tokens }, submitted.target, run);
  };
  const services: ControlServices = {
    ...base,
    tokens,
    memoryOf: () => {
      throw new Error('no gate is handed out here');
    },
    toolchains: { local: 'test', container: 'test' },
    pause: async () => {},
    waited: () => {},
    record: async () => {},
    stopLane: async () => {},
    starter: {
      async start({ id }, generation) {
        const over = begin(id, generation);
        // Heard of in `settled`.
        over.catch(() => {});
        carried.push(over);
      },
      isRunning: async () => script.alive,
    },
    async stop(run, why) {
      if (script.stop !== undefined) return script.stop(run, why);
      const { record, load } = await loadRun(run);
      const git = () => Promise.reject(new Error('no repository here: cancel dry runs'));
      return cancelRun({
        store: stores.store,
        record,
        load,
        why,
        git,
        onStopped: async () => {},
        now: Date.now,
      });
    },
  };
  const api = await serveAws(
    (stack) =>
      stack === STACK ? { ControlFunctionName: FUNCTION } : stack === 'Other' ? { Url: 'x' } : undefined,
    async (name, event) => {
      if (name !== FUNCTION) throw new Error(`no function ${name}`);
      const call = event as TestCloud['calls'][number];
      calls.push(call);
      const failure = script.fail?.(call);
      return failure === undefined ? answer(services, event) : { failure };
    },
  );
  const cloud: TestCloud = {
    env: {
      AWS_ENDPOINT_URL: api.url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ...NOTHING_ELSE,
    },
    blobs,
    stores,
    calls,
    script,
    hold(...items) {
      const [start, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      script.gate = async (item) => {
        if (item !== null && items.includes(item)) {
          start.resolve();
          await end.promise;
        }
        return 'pass';
      };
      const gate = { reached: start.promise, letGo: end.resolve };
      held.push(gate);
      return gate;
    },
    ask: (call) => answer(services, call),
    settled: async () => void (await Promise.all(carried)),
  };
  const close = async () => {
    for (const { letGo } of held) letGo();
    await cloud.settled();
    await api.close();
  };
  return { cloud, close };
}

/** Nothing of the machine's own settings. */
export const NOTHING_ELSE = {
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PROFILE: '',
};
