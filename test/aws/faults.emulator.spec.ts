import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { dynamoDb } from '../../lib/aws/dynamodb';
import { openDynamoRunStores } from '../../lib/run/dynamodb/stores';
import type { TestRepository } from '../support/repository';
import {
  followUntil,
  functionNamed,
  type Hosted,
  hostedRepositories,
  invoke,
  landed,
  outcomeOf,
  reportOf,
  stack,
  submit,
} from './cloud';

const hosted = hostedRepositories();
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const ITEMS = NAMES.map((name) => ({ name }));
const apart = (repo: TestRepository) => repo.branches(ITEMS);

interface Fault {
  readonly target: string;
  readonly body?: string;
  readonly times: number;
  readonly status?: number;
  readonly code?: string;
  readonly kill?: boolean;
}
const FAULTS = `${process.env.LEX_PR_TEST_FAULTS}/_faults`;
const put = (fault: Fault) => fetch(FAULTS, { method: 'POST', body: JSON.stringify(fault) });
/** Ends all faults. @returns how many calls each has hit */
const lift = async (): Promise<number[]> =>
  ((await (await fetch(FAULTS, { method: 'DELETE' })).json()) as { hits: number }[]).map(({ hits }) => hits);
afterEach(lift);

/** Kills the function that runs this gate: the first process above it that is Node. */
const KILL_FUNCTION =
  'p=$PPID; until readlink /proc/$p/exe | grep -q node; do p=$(cut -d" " -f4 /proc/$p/stat); done; kill -9 $p; sleep 60';

/** Waits for the end of a run in which all is to be merged, once. */
async function allMerged({ repo }: Hosted, run: string, plan: Parameters<typeof reportOf>[1]) {
  const report = await reportOf(run, plan);
  const names = plan.items.map(({ name }) => name);
  expect(outcomeOf(report)).toEqual(Object.fromEntries(names.map((name) => [name, 'merged'])));
  expect(landed(repo, report.target.before).sort()).toEqual(names);
  return report;
}

describe('a function that is killed in the middle of a gate', () => {
  it('costs another execution of the gate', async () => {
    const host = await hosted(apart);
    const once = join(host.repo.root, 'once');
    const kill = {
      name: 'test',
      run: `test -e '${once}' || { touch '${once}'; ${KILL_FUNCTION}; }`,
      cache: 'off',
    };
    const plan = { items: [{ name: 'a', gates: [kill] }, ...ITEMS.slice(1)] };
    await allMerged(host, await submit(host, plan), plan);
  });

  it('fails its item when that happens again and again, and nothing else', async () => {
    const host = await hosted(apart);
    const plan = { items: [{ name: 'a', gates: [{ name: 'test', run: KILL_FUNCTION }] }, { name: 'b' }] };
    const report = await reportOf(await submit(host, plan), plan);
    expect(outcomeOf(report)).toEqual({ a: expect.stringMatching(/^failed: /), b: 'merged' });
    expect(report.items.find(({ name }) => name === 'a')?.gates[0]?.note).toContain('lost 3 times');
    expect(landed(host.repo, report.target.before)).toEqual(['b']);
  });
});

it('`Next` called again and again with one token changes nothing', async () => {
  const host = await hosted(apart);
  const plan = { items: ITEMS, gates: [{ name: 'test', run: 'sleep 1' }], policy: { maxWorkers: 2 } };
  const run = await submit(host, plan);
  const table = { client: dynamoDb(), table: stack().RunTableName!, retentionSeconds: 3_600 };
  const { store: runStore } = openDynamoRunStores(table);
  const next = await functionNamed('Next');
  await followUntil(run, (_, events) => events.some(({ event }) => event === 'start'));
  const again = async () => {
    const { inboxes } = await runStore.readTurns(run);
    for (const { lane, parked: token = 'one that was answered', attempt } of inboxes) {
      const [k, calls, retry] = [Math.floor(attempt / 1e8), Math.floor(attempt / 1e4) % 1e4, attempt % 1e4];
      const call = {
        run,
        generation: 1,
        lane,
        k,
        calls,
        retry,
        last: null,
        token,
        results: null,
        lost: null,
      };
      await Promise.all([invoke(next, call), invoke(next, call)]);
    }
  };
  await again();
  await pause(500);
  await again();
  await allMerged(host, run, plan);
});

describe('answers that are not sent', () => {
  it('are sent by the next attempt, when the function could not', async () => {
    const host = await hosted(apart);
    const plan = { items: ITEMS, policy: { maxWorkers: 2 } };
    await put({ target: 'SendTaskSuccess', times: 20, status: 500, code: 'InternalFailure' });
    const run = await submit(host, plan);
    await allMerged(host, run, plan);
    expect(await lift()).toEqual([20]);
  });

  it('are sent by the next attempt, when the function was killed', async () => {
    const host = await hosted(apart);
    const plan = { items: ITEMS, policy: { maxWorkers: 3 }, gates: [{ name: 'test', run: 'sleep 0.3' }] };
    const run = await submit(host, plan);
    await followUntil(run, (_, events) => events.some(({ event }) => event === 'start'));
    await put({ target: 'SendTaskSuccess', times: 1, kill: true });
    await allMerged(host, run, plan);
    expect(await lift()).toEqual([1]);
  });
});

it('is throttled by DynamoDB for a while, and goes on', async () => {
  const host = await hosted(apart);
  const plan = { items: ITEMS, policy: { maxWorkers: 3 } };
  const run = await submit(host, plan);
  const code = 'ProvisionedThroughputExceededException';
  await put({ target: 'TransactWriteItems', body: run, times: 9, status: 400, code });
  await put({ target: 'Query', body: run, times: 9, status: 400, code });
  await put({ target: 'PutItem', times: 9, status: 400, code });
  await allMerged(host, run, plan);
  const hits = await lift();
  expect(Math.min(...hits)).toBeGreaterThan(0);
});
