import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { cloudWatch } from '../../aws/cloudwatch';
import { dynamoDb } from '../../aws/dynamodb';
import { lambdaOfLongCalls } from '../../aws/lambda';
import { s3 } from '../../aws/s3';
import { secretsManager } from '../../aws/secrets-manager';
import { stepFunctions } from '../../aws/step-functions';
import type { StackShape } from '../../cost/stack-shape';
import { DynamoDbStore } from '../../performance/dynamodb-store';
import { OperationCache } from '../../performance/operation-cache';
import { openDynamoRunStores } from '../../run/dynamodb/stores';
import { sendMetrics } from '../../telemetry/cloudwatch';
import { type Sample, sampleOfWait, samplesOf } from '../../telemetry/samples';
import { GATE_PASSES } from '../gate-passes';
import { sharePasses } from '../shared-passes';
import { createCredentials } from './credentials';
import { type Environment, requireEnvironment } from './environment';
import { log } from './function-log';
import { invokeMerge } from './invoke-merge';
import type { PrepareServices } from './prepare-run';
import { openProcessHome } from './process-home';
import { readSecret } from './read-secret';
import { withRemoteWorkspace } from './repository-access';
import type { KeptPass, Memory } from './results';
import { createLoader, type RunContext } from './run-context';
import { openS3Blobs } from './s3-blobs';
import { createTokens } from './sfn-tokens';
import type { TurnServices } from './turn';

/** The services of the functions, each made of what the environment names. */

const DAY_SECONDS = 86_400;

export function runStores() {
  const env = requireEnvironment(['RUN_TABLE', 'RETENTION_DAYS']);
  const retentionSeconds = env.RETENTION_DAYS * DAY_SECONDS;
  return openDynamoRunStores({ client: dynamoDb(), table: env.RUN_TABLE, retentionSeconds });
}

export function cache(): DynamoDbStore {
  const env = requireEnvironment(['CACHE_TABLE']);
  return new DynamoDbStore({ client: dynamoDb(), table: env.CACHE_TABLE });
}

export function storage() {
  const env = requireEnvironment(['BUCKET']);
  const stores = runStores();
  return {
    ...stores,
    blobs: openS3Blobs(s3(), env.BUCKET),
    loadRun: createLoader(stores.store),
    now: Date.now,
  };
}

/** The merge function, for those who are no lane. */
export function mergeFunction() {
  const { MERGE_FUNCTION: FunctionName } = requireEnvironment(['MERGE_FUNCTION']);
  return invokeMerge((Payload) => lambdaOfLongCalls().send(new InvokeCommand({ FunctionName, Payload })));
}

export const tokens = () => createTokens(stepFunctions());

/** The services of a lane's turn; samples are collected until `flush`, so that a call sends them at once. */
export function turnServices(): ReturnType<typeof storage> &
  TurnServices & { readonly flush: () => Promise<void> } {
  const base = storage();
  const remembered = cache();
  const { TOOLCHAIN, CONTAINER_TOOLCHAIN } = requireEnvironment(['TOOLCHAIN', 'CONTAINER_TOOLCHAIN']);
  let samples: Sample[] = [];
  return {
    ...base,
    tokens: tokens(),
    memoryOf: ({ record }) => memory(remembered, record.plan.policy.performance),
    toolchains: { local: TOOLCHAIN, container: CONTAINER_TOOLCHAIN },
    pause,
    waited: (_, ms) => void samples.push(sampleOfWait(ms)),
    async record({ load, record }: RunContext, state, events) {
      samples.push(...samplesOf(load, record.plan.policy.mergeStrategy, state, events));
    },
    async flush() {
      const sending = samples;
      samples = [];
      await sendSamples(sending);
    },
  };
}

function memory(store: DynamoDbStore, policy: RunContext['record']['plan']['policy']['performance']): Memory {
  const { cacheTTLSeconds, enableCaching } = policy;
  const options = { store, namespace: GATE_PASSES };
  return {
    passes: new OperationCache<KeptPass>(cacheTTLSeconds, enableCaching, options),
    shared: sharePasses(store, policy, {
      tellAs: 'stack',
      ...(requireEnvironment(['BELIEVE_SHARED_PASSES']).BELIEVE_SHARED_PASSES && {
        believe: 'others' as const,
      }),
    }),
  };
}

export async function sendSamples(samples: readonly Sample[]): Promise<void> {
  if (samples.length === 0) return;
  const { METRICS_NAMESPACE, STACK_NAME: stack } = requireEnvironment(['METRICS_NAMESPACE', 'STACK_NAME']);
  const ours = samples.map((sample) => ({ ...sample, dimensions: { stack, ...sample.dimensions } }));
  await sendMetrics(cloudWatch(), METRICS_NAMESPACE, ours, (error) =>
    log.warn('metrics', 'metrics could not be sent', { error: String(error) }),
  );
}

/** What of the stack the cost of its runs depends on. */
export const shape = (): StackShape => requireEnvironment(['STACK_SHAPE']).STACK_SHAPE;

/** Of all clones of a warm function, in bytes; /tmp has 4 GB and holds bundles besides. */
const MAX_CLONES = 2 * 2 ** 30;

/** What functions need that work with the repository. */
export async function repositories(): Promise<Pick<PrepareServices, 'scratch' | 'withRepository'>> {
  const env = requireEnvironment(['SECRET_ARN', 'REPOSITORY_SCOPE']);
  const home = await openProcessHome(join(tmpdir(), 'lex-pr/repositories'));
  const credentials = openCredentials(env);
  return {
    scratch: home,
    withRepository: (repository, work) =>
      withRemoteWorkspace({ home, repository, credentials, maxBytes: MAX_CLONES }, work),
  };
}

function openCredentials({
  SECRET_ARN,
  REPOSITORY_SCOPE,
}: Pick<Environment, 'SECRET_ARN' | 'REPOSITORY_SCOPE'>) {
  if (SECRET_ARN === undefined || REPOSITORY_SCOPE === undefined) return undefined;
  return createCredentials(SECRET_ARN, REPOSITORY_SCOPE, () => readSecret(secretsManager(), SECRET_ARN));
}
