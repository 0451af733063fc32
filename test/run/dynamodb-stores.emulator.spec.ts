import { randomBytes } from 'node:crypto';
import {
  type DynamoDBClient,
  paginateScan,
  ScanCommand,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { dynamoDb } from '../../lib/aws/dynamodb';
import { openDynamoRunStores } from '../../lib/run/dynamodb/stores';
import type { RunEvent } from '../../lib/run/messages';
import { StaleVersionError } from '../../lib/run/store';
import { describeCallbackStore, describeWaiterStore } from '../callbacks/store.contract';
import { connectionLost, type Faults, first, flakyClient, throttled } from '../support/flaky-client';
import { testTables } from '../support/tables';
import { describePauses } from './pauses.contract';
import { describeRunIndex } from './run-index.contract';
import { describeStore } from './store.contract';
import { describeTargetQueue } from './target-queue.contract';
import { describeTotals } from './totals.contract';
import { describeTurnStore } from './turn-store.contract';

jest.setTimeout(60_000);
const tables = testTables();
const clients: DynamoDBClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

const open = async () => {
  const stores = openDynamoRunStores({
    client: dynamoDb(),
    table: await tables.runs(),
    retentionSeconds: 60,
  });
  return { ...stores, remove: () => stores.store.close() };
};

describeStore('DynamoDB', open);
describeTurnStore('DynamoDB', open);
describeRunIndex('DynamoDB', open);
describeTargetQueue('DynamoDB', open);
describePauses('DynamoDB', open);
describeCallbackStore('DynamoDB', open);
describeWaiterStore('DynamoDB', open);
describeTotals('DynamoDB', open);

const event = (item: number): RunEvent => ({ event: 'item', item, status: 1, at: item });
const submission = (id: string) => ({ id, target: 't', request: 'request', submittedAt: 5 });
const inbox = (lane: number, lost: string | undefined = undefined) => ({
  ...{ lane, generation: 1, turn: 1, attempt: 1 },
  ...{ call: 'call', by: 'f', results: [], lost },
});

describe('the retention of runs', () => {
  /** Stores on a clock of their own. */
  async function openAt(seconds: number) {
    const clock = { seconds };
    const table = await tables.runs();
    const now = () => clock.seconds * 1000;
    return {
      ...openDynamoRunStores({ client: dynamoDb(), table, retentionSeconds: 100, now }),
      ...{ clock, table },
    };
  }
  type Stores = Awaited<ReturnType<typeof openAt>>;

  async function fill({ store, index, queue }: Stores, text: string): Promise<void> {
    expect(await index.submit({ ...submission('r1'), request: text })).toBe(true);
    await store.create('r1', text, text, [event(text.length)], 7);
    await store.putInbox('r1', inbox(0, text));
    await store.putResults('r1', { lane: 0, generation: 1, turn: 1, results: [] });
    await store.putDetail('r1', 'd', text);
    await index.refuse('r1', text, 9);
    expect(await queue.enter('t', 'r1', text)).toBe(true);
  }

  it('is written on every row', async () => {
    const stores = await openAt(1_000);
    await fill(stores, randomBytes(600_000).toString('base64'));
    await stores.store.commit('r1', 1, 'state', [event(1)]);
    let count = 0;
    for await (const { Items } of paginateScan({ client: dynamoDb() }, { TableName: stores.table })) {
      for (const row of Items!) expect(row.expiresAt).toEqual({ N: '1100' });
      count += Items!.length;
    }
    // More than the eight kinds of rows, because of the parts of texts.
    expect(count).toBeGreaterThan(10);
  });

  it('ends for every reader, whether or not the rows are still there', async () => {
    const stores = await openAt(1_000);
    const { store, index, queue, clock } = stores;
    await fill(stores, 'text');
    clock.seconds = 1_099;
    expect((await store.readTurns('r1')).inboxes).toHaveLength(1);
    clock.seconds = 1_100;
    expect(await store.find('r1')).toBeUndefined();
    expect(await store.list()).toEqual([]);
    await expect(store.read('r1')).rejects.toThrow('unknown run');
    await expect(store.readTurns('r1')).rejects.toThrow('unknown run');
    await expect(store.commit('r1', 1, 'state', [])).rejects.toThrow(StaleVersionError);
    expect(await store.events('r1')).toEqual([]);
    expect(await store.getDetail('r1', 'd')).toBeUndefined();
    expect(await index.get('r1')).toBeUndefined();
    expect(await index.page(10)).toEqual({ runs: [], next: undefined });
    expect(await index.advance('r1', 1, false)).toBe(false);
    expect(await queue.list('t')).toEqual([]);
    const { Count } = await dynamoDb().send(new ScanCommand({ TableName: stores.table }));
    expect(Count).toBe(8);
  });

  it('does not end a pause', async () => {
    const { pauses, clock } = await openAt(1_000);
    const pause = { target: 't', why: 'by ann', at: 7 };
    await pauses.change(() => [pause]);
    clock.seconds = 10_000_000;
    expect(await pauses.read()).toEqual([pause]);
    expect(await pauses.change(() => [])).toEqual([]);
  });

  it('leaves nothing of an expired run in a new one of its id', async () => {
    const stores = await openAt(1_000);
    const { store, index, clock } = stores;
    await fill(stores, 'old text');
    await store.commit('r1', 1, 'old', [event(99)]);
    clock.seconds = 1_100;
    await fill(stores, 'new');
    expect(await store.find('r1')).toMatchObject({ record: 'new' });
    expect(await store.readTurns('r1')).toMatchObject({ state: 'new', inboxes: [{ lost: 'new' }] });
    expect(await store.events('r1')).toEqual([event(3)]);
    expect(await store.getDetail('r1', 'd')).toBe('new');
    expect(await index.get('r1')).toMatchObject({ request: 'new', refusal: 'new', generation: 1 });
  });
});

describe('the size of runs', () => {
  it('may be 50,000 items with three gates each, all of them retried', async () => {
    const { store } = await open();
    const digits = (count: number, base: number) =>
      Array.from(randomBytes(count), (byte) => (byte % base).toString(36)).join('');
    const attempts = Array.from(randomBytes(150_000), (byte, task) => [task, 1 + (byte % 4)]);
    const [items, tasks] = [digits(50_000, 16), digits(150_000, 7)];
    await store.create('r1', 'record', 'state', [], 1);
    await store.commit('r1', 1, JSON.stringify({ items, tasks, attempts }), [event(1)]);
    const { state, version } = await store.readTurns('r1');
    expect(version).toBe(2);
    expect(JSON.parse(state)).toEqual({ items, tasks, attempts });
  });

  it('may be more calls than DynamoDB returns at once', async () => {
    const { store } = await open();
    await store.create('r1', 'record', 'state', [], 1);
    const lost = () => randomBytes(150_000).toString('base64');
    for (let lane = 0; lane < 12; lane += 1) await store.putInbox('r1', inbox(lane, lost()));
    const { inboxes, state } = await store.readTurns('r1');
    expect(inboxes.map(({ lane }) => lane)).toEqual(Array.from({ length: 12 }, (_, k) => k));
    expect(state).toBe('state');
  });
});

describe('faults between a store and DynamoDB', () => {
  async function openWith(faults: Faults) {
    const client = flakyClient(faults);
    clients.push(client);
    const table = await tables.runs();
    const options = { table, retentionSeconds: 60 };
    return {
      ...openDynamoRunStores({ ...options, client }),
      other: openDynamoRunStores({ ...options, client: dynamoDb() }),
    };
  }
  const cancelled = (Code: string) => () =>
    new TransactionCanceledException({ message: Code, $metadata: {}, CancellationReasons: [{ Code }] });

  it('do not make a commit stale to itself when its answer is lost', async () => {
    const { store, other } = await openWith({ after: first(2, 'TransactWriteItems', connectionLost) });
    await other.store.create('r1', 'record', 'state', [], 1);
    await store.commit('r1', 1, 'state 2', [event(1)]);
    expect(await store.read('r1')).toEqual({ version: 2, state: 'state 2' });
    expect(await store.events('r1')).toEqual([event(1)]);
  });

  it('do not lose a submission or a generation whose answer is lost', async () => {
    const { index } = await openWith({ after: first(1, 'TransactWriteItems', connectionLost) });
    expect(await index.submit(submission('r1'))).toBe(true);
    const again = await openWith({ after: first(1, 'TransactWriteItems', connectionLost) });
    await again.other.index.submit(submission('r1'));
    expect(await again.index.advance('r1', 1, false)).toBe(true);
    expect(await again.index.get('r1')).toMatchObject({ generation: 2 });
  });

  it('do not end a pause twice when the answer is lost', async () => {
    const { pauses, other } = await openWith({ after: first(1, 'TransactWriteItems', connectionLost) });
    await other.pauses.change(() => [{ target: 't', why: 'by ann', at: 7 }]);
    let asked = 0;
    await pauses.change(() => {
      asked += 1;
      return [];
    });
    expect([asked, await pauses.read()]).toEqual([1, []]);
  });

  it('do not let a run into a queue twice when the answer is lost', async () => {
    const { queue } = await openWith({ after: first(1, 'PutItem', connectionLost) });
    expect(await queue.enter('t', 'a', 'token')).toBe(true);
    expect(await queue.list('t')).toEqual([{ run: 'a', token: undefined }]);
  });

  it('are outlived while DynamoDB takes nothing in for a while', async () => {
    const writes = await openWith({ before: first(3, 'TransactWriteItems', throttled) });
    await writes.store.create('r1', 'record', 'state', [], 1);
    expect(await writes.store.read('r1')).toEqual({ version: 1, state: 'state' });
    const inside = await openWith({ before: first(2, 'TransactWriteItems', cancelled('ThrottlingError')) });
    await inside.store.create('r1', 'record', 'state', [], 1);
    const reads = await openWith({ before: first(3, 'Query', throttled) });
    await reads.store.create('r1', 'record', 'state', [], 1);
    expect(await reads.store.readTurns('r1')).toMatchObject({ version: 1 });
  });

  it('make a commit stale, and what begins or ends a run wait, while another write is under way', async () => {
    const conflict = cancelled('TransactionConflict');
    const { store, index, other } = await openWith({ before: first(1, 'TransactWriteItems', conflict) });
    await other.store.create('r1', 'record', 'state', [], 1);
    await expect(store.commit('r1', 1, 'state 2', [])).rejects.toThrow(StaleVersionError);
    await store.commit('r1', 1, 'state 2', []);
    const second = await openWith({ before: first(2, 'TransactWriteItems', conflict) });
    expect(await second.index.submit(submission('r2'))).toBe(true);
    expect(await index.submit(submission('r2'))).toBe(true);
    const third = await openWith({ before: first(1, 'TransactWriteItems', conflict) });
    await third.other.index.submit(submission('r3'));
    expect(await third.index.advance('r3', 1, false)).toBe(true);
    const fourth = await openWith({ before: first(1, 'TransactWriteItems', conflict) });
    await fourth.other.index.submit(submission('r4'));
    expect(await fourth.store.finish('r4', 9)).toBe(true);
    expect(await fourth.other.index.get('r4')).toMatchObject({ endedAt: 9 });
  });

  it('are told when a transaction is refused for another reason', async () => {
    const { store } = await openWith({
      before: first(1, 'TransactWriteItems', cancelled('ValidationError')),
    });
    await expect(store.create('r1', 'record', 'state', [], 1)).rejects.toThrow('ValidationError');
  });

  it('leave no half of a detail when its writer dies in the middle', async () => {
    let parts = 0;
    const dies = (operation: string) => {
      if (operation === 'PutItem') parts += 1;
      return parts > 2 ? new Error('killed') : undefined;
    };
    const { store, other } = await openWith({ before: dies });
    const large = () => randomBytes(900_000).toString('base64');
    await expect(store.putDetail('r1', 'd', large())).rejects.toThrow('killed');
    expect(await other.store.getDetail('r1', 'd')).toBeUndefined();
    const whole = large();
    await other.store.putDetail('r1', 'd', whole);
    expect((await other.store.getDetail('r1', 'd')) === whole).toBe(true);
  });
});

const encoded = (place: object) => Buffer.from(JSON.stringify(place)).toString('base64url');

describe('a page of runs', () => {
  it('is refused when the place was not named by another page', async () => {
    const { index } = await open();
    const near = { run: 'r', row: 'RUN', list: 'RUN', startedAt: 1 };
    expect((await index.page(1, encoded(near))).runs).toEqual([]);
    const wrong = [
      { run: 1 },
      { ...near, startedAt: 1e200 },
      { ...near, startedAt: 1.5 },
      { ...near, run: '' },
    ];
    for (const place of ['r1', '', ...wrong.map(encoded)])
      await expect(index.page(1, place)).rejects.toMatchObject({ problems: [{ code: 'bad-page' }] });
  });
});
