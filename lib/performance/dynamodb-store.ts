import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { expressed, fromAttributes, type Row, toAttributes, type Value } from '../aws/attributes';
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
    if (Item === undefined) return undefined;
    const { json, writtenAtMs, expiresAtMs } = fromAttributes(Item);
    // An earlier version did not say when it wrote.
    if (writtenAtMs === undefined) return undefined;
    return {
      json: (await decompress(json as Uint8Array)).toString(),
      writtenAt: Number(writtenAtMs),
      expiresAt: Number(expiresAtMs),
    };
  }

  async set(namespace: string, key: string, entry: CacheEntry): Promise<void> {
    const json = await compress(entry.json, { params });
    if (json.length > ROW_BYTES) return this.delete(namespace, key);
    const { writtenAt: writtenAtMs, expiresAt: expiresAtMs } = entry;
    await this.put(namespace, VALUE, key, { json, writtenAtMs, expiresAtMs });
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
        await this.put(namespace, CLAIM, key, { owner, expiresAtMs }, { expression, values });
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

  private async put(
    namespace: string,
    kind: string,
    key: string,
    attributes: Row & { readonly expiresAtMs: number },
    condition?: { readonly expression: string; readonly values: Readonly<Record<string, Value>> },
  ): Promise<void> {
    const row = { ...attributes, expiresAt: Math.ceil(attributes.expiresAtMs / 1000) };
    await this.client.send(
      new PutItemCommand({
        ...this.table,
        Item: { ...toAttributes(row), ...rowKey(namespace, kind, key) },
        ...(condition && {
          ConditionExpression: condition.expression,
          ...expressed(condition.expression, condition.values),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      }),
    );
  }
}

/** What a row's key begins with. */
const VALUE = 'value:';
const CLAIM = 'claim:';

/** What DynamoDB takes as a partition key, and as a sort key after its beginning. */
const PARTITION_BYTES = 2048;
const SORT_BYTES = 1024 - VALUE.length;

const rowKey = (namespace: string, kind: string, key: string) =>
  toAttributes({ namespace: name(namespace, PARTITION_BYTES), key: kind + name(key, SORT_BYTES) });

/** JSON text is never empty and has no lone surrogate, which UTF-8 would not tell apart. Long names are hashed. */
function name(text: string, maxBytes: number): string {
  const json = JSON.stringify(text);
  if (Buffer.byteLength(json) <= maxBytes) return json;
  return `sha256:${createHash('sha256').update(json).digest('hex')}`;
}
