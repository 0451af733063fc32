import { setTimeout as pause } from 'node:timers/promises';
import { dynamoDb } from '../../lib/aws/dynamodb';
import type { Usage } from '../../lib/cost/usage';
import { openControl } from '../../lib/engine/aws/control-client';
import { createLoader } from '../../lib/engine/aws/run-context';
import { usageOf } from '../../lib/engine/aws/run-usage';
import { uploadText } from '../../lib/engine/aws/transfer';
import { decodeState } from '../../lib/run/codec';
import { openDynamoRunStores } from '../../lib/run/dynamodb/stores';
import { serveRepository } from '../support/git-http-server';
import { TestRepository } from '../support/repository';
import { startCountingProxy } from './counting-proxy';
import type { Measured } from './fit';
import { openFunctionLogs } from './function-logs';

/** What `scripts/` has for an AWS emulator. */
export interface Emulator {
  readonly name: string;
  startEmulator(variables: Readonly<Record<string, string>>): Promise<{
    readonly url: string;
    readonly environment: Readonly<Record<string, string>>;
    stop(): Promise<void>;
  }>;
  deployToEmulator(
    environment: Readonly<Record<string, string>>,
    context: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, string>>>;
}

/** A plan to be measured: items in stacks of five, each with gates that sleep. */
export interface Size {
  readonly items: number;
  readonly gates: number;
  readonly lanes: number;
  readonly gateSeconds: number;
}

/** Runs plans on the emulator, whose functions reach it through a proxy that counts. */
export async function measure(
  sizes: readonly Size[],
  { startEmulator, deployToEmulator }: Emulator,
  note: (text: string) => void,
): Promise<Measured[]> {
  const proxy = await startCountingProxy();
  const emulator = await startEmulator({ AWS_ENDPOINT_URL: proxy.url, AWS_ENDPOINT_URL_S3: proxy.url });
  proxy.forwardTo(emulator.url);
  try {
    note('deploying to the emulator');
    Object.assign(process.env, emulator.environment);
    const outputs = await deployToEmulator(emulator.environment, { functions: 'zip' });
    const logs = openFunctionLogs(emulator.url);
    const run = async (size: Size): Promise<Measured> => {
      note(`${size.items} items, ${size.gates} gates each, on ${size.lanes} lanes`);
      const hosted = await host(size);
      try {
        await logs.take();
        proxy.take();
        const usage = await runPlan(planFor(hosted.url, size), outputs);
        return { usage, counts: proxy.take(), functions: await logs.take() };
      } finally {
        await hosted.close();
      }
    };
    // Starts the functions' processes.
    await run({ items: 10, gates: 1, lanes: Math.max(...sizes.map(({ lanes }) => lanes)), gateSeconds: 1 });
    const measured: Measured[] = [];
    for (const size of sizes) measured.push(await run(size));
    return measured;
  } finally {
    await emulator.stop();
    await proxy.close();
  }
}

const STACK = 5;
const name = (item: number) => `change-${item}`;
const isFirst = (item: number) => item % STACK === 0;

async function host({ items }: Size) {
  const repo = TestRepository.create();
  for (let item = 0; item < items; item += 1)
    repo.branches([{ name: name(item), ...(!isFirst(item) && { from: name(item - 1) }) }]);
  // Nobody works in it: a push may move what is checked out.
  repo.git('config', 'receive.denyCurrentBranch', 'ignore');
  const server = await serveRepository(`${repo.path}/.git`);
  return {
    url: server.url,
    async close() {
      await server.close();
      repo.remove();
    },
  };
}

function planFor(repository: string, { items, gates, lanes, gateSeconds }: Size): string {
  return JSON.stringify({
    schemaVersion: 'v1',
    repository,
    target: 'main',
    policy: { maxWorkers: lanes },
    // None that has passed in a run before.
    gates: Array.from({ length: gates }, (_, k) => ({
      name: `gate-${k}`,
      run: `sleep ${gateSeconds}; echo ${items} ${lanes}`,
    })),
    items: Array.from({ length: items }, (_, k) => ({
      name: name(k),
      deps: isFirst(k) ? [] : [name(k - 1)],
    })),
  });
}

/** Runs a plan in the stack to its end; looks at it past the proxy. */
async function runPlan(plan: string, outputs: Readonly<Record<string, string>>): Promise<Usage> {
  const control = openControl('LexPr');
  const { run, plan: upload, url } = await control.upload({});
  await uploadText(plan, url, 'application/json');
  await control.submit({ run, plan: upload, request: { execute: true } });
  const { store, index } = openDynamoRunStores({
    client: dynamoDb(),
    table: outputs.RunTableName!,
    retentionSeconds: 86_400,
  });
  for (;;) {
    const submitted = await index.get(run);
    if (submitted?.refusal !== undefined) throw new Error(submitted.refusal);
    if (submitted?.endedAt !== undefined) break;
    await pause(500);
  }
  const context = await createLoader(store)(run);
  const { state: text, version } = await store.read(run);
  const endedAt = (await store.find(run))!.endedAt!;
  return usageOf(
    context,
    decodeState(context.load, text),
    version,
    await Array.fromAsync(store.eventsAfter(run, 0)),
    endedAt,
  );
}
