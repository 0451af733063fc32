import { randomBytes } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { dynamoDb } from '../../lib/aws/dynamodb';
import { DynamoDbStore } from '../../lib/performance/dynamodb-store';
import { OperationCache } from '../../lib/performance/operation-cache';
import { awsError, connectionLost, first, flakyClient, throttled } from '../support/flaky-client';
import { testTables } from '../support/tables';
import { cacheStoreContract, FAR } from './cache-store.contract';
import { claimsContract } from './claims.contract';

jest.setTimeout(60_000);
const tables = testTables();
const entry = (value: unknown, expiresAt = FAR) => ({
  json: JSON.stringify(value),
  writtenAt: 1_000,
  expiresAt,
});

describe('DynamoDB store', () => {
  let table: string;
  beforeEach(async () => {
    table = await tables.cache();
  });
  const open = () => new DynamoDbStore({ client: dynamoDb(), table });

  describe('alone', () => {
    cacheStoreContract(() => ({ store: open(), dispose: () => {} }));
  });

  describe('shared by processes', () => {
    claimsContract(async () => open);
  });

  it('keeps apart names that are longer than DynamoDB takes', async () => {
    const store = open();
    const long = 'n'.repeat(5_000);
    const names = [`${long}a`, `${long}b`, long.slice(0, 1_000)];
    for (const namespace of names)
      for (const key of names) await store.set(namespace, key, entry(namespace + key));
    for (const namespace of names)
      for (const key of names) expect(await store.get(namespace, key)).toEqual(entry(namespace + key));
  });

  it('keeps a value that fits into a row, and takes a larger one for a miss', async () => {
    const cache = new OperationCache<string>(60, true, { store: open() });
    const [small, large] = [380_000, 400_000].map((bytes) => randomBytes(bytes).toString('base64'));
    await cache.set('k', small!);
    expect((await cache.get('k')) === small).toBe(true);
    await cache.set('k', large!);
    expect((await cache.get('k')) === undefined).toBe(true);
    expect(await cache.execute('k', async () => 'other')).toBe('other');
  });

  it('tells the table when a row may go', async () => {
    const now = () => 5_000_000;
    await new DynamoDbStore({ client: dynamoDb(), table, now }).claims.claim('n', 'k', 'me', 30_500);
    await open().set('n', 'k', entry(1, 6_000_001));
    const { Items } = await dynamoDb().send(new ScanCommand({ TableName: table }));
    expect(Items!.map(({ expiresAt }) => expiresAt!.N).toSorted()).toEqual(['5031', '6001']);
  });

  it('clears values, however many there are, and leaves the claims of those who work', async () => {
    const store = open();
    for (let k = 0; k < 30; k += 1)
      await store.set(`n${k % 2}`, String(k), entry(randomBytes(50_000).toString('hex')));
    await store.claims.claim('n0', 'k', 'me', 60_000);
    await store.clear('n0');
    expect([await store.get('n0', '28'), await store.get('n1', '29')]).toEqual([
      undefined,
      expect.anything(),
    ]);
    await store.clear();
    expect(await store.get('n1', '29')).toBeUndefined();
    expect(await store.claims.claim('n0', 'k', 'other', 1)).toBeGreaterThan(0);
  });

  it('makes a miss of every failure of DynamoDB, never an error', async () => {
    const client = flakyClient({ before: () => awsError('AccessDeniedException') });
    const onError = jest.fn();
    const store = new DynamoDbStore({ client, table });
    const cache = new OperationCache<string>(60, true, { store, onError });
    expect(await cache.execute('k', async () => 'v')).toBe('v');
    expect(await cache.get('k')).toBeUndefined();
    expect(new Set(onError.mock.calls.map(([, action]) => action))).toEqual(
      new Set(['read', 'write', 'claim']),
    );
    client.destroy();
  });

  it('outlives requests that are turned away and answers that are lost', async () => {
    const before = first(2, 'GetItem', throttled);
    const client = flakyClient({ before, after: first(1, 'PutItem', connectionLost) });
    const cache = new OperationCache<string>(60, true, { store: new DynamoDbStore({ client, table }) });
    expect(await cache.execute('k', async () => 'v')).toBe('v');
    expect(await new OperationCache(60, true, { store: open() }).get('k')).toBe('v');
    client.destroy();
  });
});
