import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Environment } from '../../lib/engine/aws/environment';
import { FUNCTION_NAMES } from '../../lib/infra/function-table';
import { inTurn, timed } from './in-turn';
import { atMost, type Bench, ratio } from './row';

/** What AWS takes, unpacked. */
const CODE_MB = 250;

/** As a stack would set it. Nothing is called, only made ready. */
const ENVIRONMENT: Record<Exclude<keyof Environment, 'SECRET_ARN' | 'REPOSITORY_SCOPE'>, string> = {
  RUN_TABLE: 'runs',
  CACHE_TABLE: 'cache',
  BUCKET: 'bucket',
  RETENTION_DAYS: '30',
  MAX_WORKERS: '40',
  RUN_MACHINE_ARN: 'arn:aws:states:eu-west-1:123456789012:stateMachine:run',
  LANE_MACHINE_ARN: 'arn:aws:states:eu-west-1:123456789012:stateMachine:lane',
  MERGE_FUNCTION: 'merge',
  METRICS_NAMESPACE: 'LexPr',
  STACK_NAME: 'LexPr',
  STACK_SHAPE: JSON.stringify({
    architecture: 'arm64',
    retentionDays: 30,
    buildProcessors: 2,
    functions: {},
  }),
  API_URL: 'https://api.example.com',
  CHECK_BUS: 'checks',
  TOOLCHAIN: 'toolchain',
  CONTAINER_TOOLCHAIN: 'containers',
  BELIEVE_SHARED_PASSES: 'no',
  LEX_PR_LOG_LEVEL: 'info',
};

/** What of a cold start is ours: a process that loads a function, its clients made, up to the point where it could be called. */
export const cold = (cli: string): Bench => ({
  name: 'cold',
  about:
    'Each function of the aws engine as it is deployed, loaded by a process of its own until it can be called, against `node -e 0`. What a call of a warm one takes is the last row of scale.',
  async measure(runs) {
    const fileOf = (name: string) => join(dirname(cli), 'functions', name, 'index.mjs');
    const start = (code: string) => timed(() => load(code));
    const sides = Object.fromEntries(
      FUNCTION_NAMES.map((name) => [name, () => start(loading(fileOf(name)))]),
    );
    const turns = await inTurn(runs, { ...sides, node: () => start('0') });
    const theirs = turns.node as number[];
    const rows = FUNCTION_NAMES.map((name) => {
      const ours = turns[name as keyof typeof turns] as number[];
      return ratio(`cold start of ${name}`, { ours, theirs, unit: 'ms', peer: 'node -e 0' });
    });
    const largest = Math.max(...FUNCTION_NAMES.map((name) => statSync(fileOf(name)).size));
    return [...rows, atMost('largest function', 'MB', [largest / 2 ** 20], CODE_MB, 'Lambda')];
  },
});

const loading = (file: string) =>
  `import(${JSON.stringify(pathToFileURL(file).href)}).then(({ handler }) => { if (typeof handler !== 'function') process.exit(1); process.exit(0); })`;

function load(code: string): void {
  const env = { ...process.env, ...ENVIRONMENT, AWS_REGION: 'eu-west-1' };
  const { status, stderr } = spawnSync(process.execPath, ['-e', code], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`a function cannot be loaded: ${stderr.slice(-500)}`);
}
