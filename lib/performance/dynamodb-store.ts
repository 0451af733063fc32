import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  paginateQuery,
  paginateScan,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { expressed, fromAttributes, type Row, toAttributes } from '../aws/attributes';
import type { CacheEntry, CacheStore, Claims } from './cache-store';

export interface DynamoDbStoreOptions {
  readonly client: DynamoDBClient;
  /** Of the shape of `CACHE_TABLE`. */
  readonly table: string;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

/** Bytes of a value, compressed, in a row: DynamoDB takes rows of up to 400 KB, names included. */
const ROW_BYTES = 390_000;

type Attributes = Record<string, AttributeValue>;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);
const params = { [constants.BROTLI_PARAM_QUALITY]: 5 };

/**
 * Keeps entries in a table of DynamoDB, shared by any number of processes, which claim what they compute. The
 * table deletes what has expired, days later at times. A value that is larger than a row may be is not kept.
 */
export class DynamoDbStore implements CacheStore {
  private readonly client: DynamoDBClient;
  private readonly table: { readonly TableName: string };
  private readonly now: () => number;

  constructor(options: DynamoDbStoreOptions) {
    this.client = options.client;
    this.table = { TableName: options.table };
    this.now = options.now ?? Date.now;
  }

  async get(namespace: string, key: string): Promise<CacheEntry | undefined> {
    // Consistent: whoever waited for a claim to end must see what its holder wrote before.
    const get = { ...this.table, Key: rowKey(namespace, VALUE, key), ConsistentRead: true };
    const { Item } = await this.client.send(new GetItemCommand(get));
    return Item && entryOf(Item);
  }

  async set(namespace: string, key: string, entry: CacheEntry): Promise<void> {
    const Item = await rowOfValue(namespace, key, entry);
    if (Item === undefined) return this.delete(namespace, key);
    await this.client.send(new PutItemCommand({ ...this.table, Item }));
  }

  async getMany(namespace: string, keys: readonly string[]): Promise<Map<string, CacheEntry>> {
    const { TableName } = this.table;
    const asked = new Map(keys.map((key) => [sortKey(VALUE, key), key]));
    const entries = new Map<string, CacheEntry>();
    await inBatches([...asked.values()], GET_AT_ONCE, async (batch) => {
      let Keys: Attributes[] | undefined = batch.map((key) => rowKey(namespace, VALUE, key));
      for (let tries = 0; Keys !== undefined && Keys.length > 0; tries += 1) {
        await backOff(tries);
        const request: BatchGetItemCommand = new BatchGetItemCommand({
          RequestItems: { [TableName]: { Keys } },
        });
        const { Responses, UnprocessedKeys } = await this.client.send(request);
        for (const item of Responses?.[TableName] ?? []) {
          const entry = await entryOf(item);
          if (entry !== undefined) entries.set(asked.get(item.key!.S!)!, entry);
        }
        Keys = UnprocessedKeys?.[TableName]?.Keys;
      }
    });
    return entries;
  }

  async setMany(namespace: string, all: ReadonlyMap<string, CacheEntry>): Promise<void> {
    const { TableName } = this.table;
    await inBatches([...all], PUT_AT_ONCE, async (batch) => {
      const items = await Promise.all(batch.map(([key, entry]) => rowOfValue(namespace, key, entry)));
      let requests: WriteRequest[] | undefined = items.map((Item, k) =>
        Item === undefined
          ? { DeleteRequest: { Key: rowKey(namespace, VALUE, batch[k]![0]) } }
          : { PutRequest: { Item } },
      );
      for (let tries = 0; requests !== undefined && requests.length > 0; tries += 1) {
        await backOff(tries);
        const request: BatchWriteItemCommand = new BatchWriteItemCommand({
          RequestItems: { [TableName]: requests },
        });
        const { UnprocessedItems } = await this.client.send(request);
        requests = UnprocessedItems?.[TableName];
      }
    });
  }

  async delete(namespace: string, key: string): Promise<void> {
    const Key = rowKey(namespace, VALUE, key);
    await this.client.send(new DeleteItemCommand({ ...this.table, Key }));
  }

  /** 0: DynamoDB would have to read all rows to count them. */
  size(): number {
    return 0;
  }

  async clear(namespace?: string): Promise<void> {
    const { client } = this;
    const isValue = 'begins_with(#key, :value)';
    const values = { value: VALUE };
    const expression = `#namespace = :namespace AND ${isValue}`;
    const pages =
      namespace === undefined
        ? paginateScan(
            { client },
            { ...this.table, FilterExpression: isValue, ...expressed(isValue, values) },
          )
        : paginateQuery(
            { client },
            {
              ...this.table,
              KeyConditionExpression: expression,
              ...expressed(expression, { ...values, namespace: name(namespace, PARTITION_BYTES) }),
            },
          );
    for await (const { Items = [] } of pages)
      for (const { namespace, key } of Items)
        await client.send(
          new DeleteItemCommand({ ...this.table, Key: { namespace: namespace!, key: key! } }),
        );
  }

  readonly claims: Claims = {
    claim: async (namespace, key, owner, ttlMs) => {
      const expiresAtMs = this.now() + ttlMs;
      const expression = 'attribute_not_exists(#namespace) OR #expiresAtMs <= :now OR #owner = :owner';
      const values = { now: this.now(), owner };
      try {
        const put: PutItemCommandInput = {
          ...this.table,
          Item: rowOf(namespace, CLAIM, key, { owner, expiresAtMs }),
          ConditionExpression: expression,
          ...expressed(expression, values),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        };
        await this.client.send(new PutItemCommand(put));
        return undefined;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return error.Item ? Number(fromAttributes(error.Item).expiresAtMs) : this.now();
      }
    },
    release: async (namespace, key, owner) => {
      const expression = '#owner = :owner';
      const condition = { ConditionExpression: expression, ...expressed(expression, { owner }) };
      const Key = rowKey(namespace, CLAIM, key);
      try {
        await this.client.send(new DeleteItemCommand({ ...this.table, Key, ...condition }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

/** What a row's key begins with. */
const VALUE = 'value:';
const CLAIM = 'claim:';

/** What DynamoDB takes as a partition key, and as a sort key after its beginning. */
const PARTITION_BYTES = 2048;
const SORT_BYTES = 1024 - VALUE.length;

const rowKey = (namespace: string, kind: string, key: string) =>
  toAttributes({ namespace: name(namespace, PARTITION_BYTES), key: sortKey(kind, key) });

const sortKey = (kind: string, key: string) => kind + name(key, SORT_BYTES);

const rowOf = (
  namespace: string,
  kind: string,
  key: string,
  attributes: Row & { readonly expiresAtMs: number },
): Attributes => ({
  ...toAttributes({ ...attributes, expiresAt: Math.ceil(attributes.expiresAtMs / 1000) }),
  ...rowKey(namespace, kind, key),
});

/** The row of an entry; undefined where it is too large for one. */
async function rowOfValue(
  namespace: string,
  key: string,
  entry: CacheEntry,
): Promise<Attributes | undefined> {
  const json = await compress(entry.json, { params });
  if (json.length > ROW_BYTES) return undefined;
  const { writtenAt: writtenAtMs, expiresAt: expiresAtMs } = entry;
  return rowOf(namespace, VALUE, key, { json, writtenAtMs, expiresAtMs });
}

async function entryOf(item: Attributes): Promise<CacheEntry | undefined> {
  const { json, writtenAtMs, expiresAtMs } = fromAttributes(item);
  // An earlier version did not say when it wrote.
  if (writtenAtMs === undefined) return undefined;
  return {
    json: (await decompress(json as Uint8Array)).toString(),
    writtenAt: Number(writtenAtMs),
    expiresAt: Number(expiresAtMs),
  };
}

/** How many rows DynamoDB reads and writes in one request. */
const GET_AT_ONCE = 100;
const PUT_AT_ONCE = 25;
/** So many requests are under way at once. */
const REQUESTS = 8;

async function inBatches<T>(
  values: readonly T[],
  size: number,
  act: (batch: readonly T[]) => Promise<void>,
): Promise<void> {
  let from = 0;
  const one = async () => {
    for (let at = from; at < values.length; at = from) {
      from += size;
      await act(values.slice(at, at + size));
    }
  };
  await Promise.all(Array.from({ length: REQUESTS }, one));
}

/** Of a batch DynamoDB may leave a part, when it comes to its limits: full jitter before each next try. */
async function backOff(tries: number): Promise<void> {
  if (tries > 0) await pause(Math.random() * Math.min(50 * 2 ** tries, 5_000));
}

/** JSON text is never empty and has no lone surrogate, which UTF-8 would not tell apart. Long names are hashed. */
function name(text: string, maxBytes: number): string {
  const json = JSON.stringify(text);
  if (Buffer.byteLength(json) <= maxBytes) return json;
  return `sha256:${createHash('sha256').update(json).digest('hex')}`;
}
