import { type Item, itemBytes, readUnits, writeUnits } from './units';

/** A request and its answer. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  /** The header x-amz-target. */
  readonly target: string;
  readonly body: Buffer;
  readonly answered: Buffer;
}

/** Requests of one kind. */
export interface Count {
  requests: number;
  /** Of DynamoDB. */
  reads: number;
  writes: number;
  /** What was written or read. */
  bytes: number;
}

/**
 * Counts requests as AWS bills them, by kind: what they are about. Kinds of DynamoDB are `table <row>` and, for what
 * a turn reads and a commit writes, `turn <row>` and `commit <row>`; of S3 `put <folder>`, `get <folder>`, `list`.
 */
export class Counts {
  readonly kinds = new Map<string, Count>();

  /** @param rows bytes of each row that has been written, by its key */
  constructor(readonly rows = new Map<string, number>()) {}

  add(exchange: Exchange): void {
    const { url, target, body, answered } = exchange;
    if (target.startsWith('DynamoDB_')) {
      const operation = target.split('.')[1]!;
      this.dynamo(operation, JSON.parse(body.toString()), JSON.parse(answered.toString()));
    } else if (`${url} ${target} ${body.subarray(0, 200)}`.includes('PutMetricData'))
      this.count('metrics', { requests: 1 });
    else this.s3(exchange);
  }

  private count(kind: string, more: Partial<Count>): void {
    const known = this.kinds.get(kind) ?? { requests: 0, reads: 0, writes: 0, bytes: 0 };
    for (const [name, value] of Object.entries(more)) known[name as keyof Count] += value;
    this.kinds.set(kind, known);
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever the operation has.
  private dynamo(operation: string, asked: any, answered: any): void {
    if (operation === 'GetItem') {
      const bytes = answered.Item ? itemBytes(answered.Item) : 0;
      this.count(`table ${kindOf(asked.Key)}`, { requests: 1, reads: readUnits(bytes), bytes });
    } else if (operation === 'BatchGetItem') this.batchGet(asked.RequestItems, answered.Responses);
    else if (operation === 'BatchWriteItem') this.batchWrite(asked.RequestItems);
    else if (operation === 'Query') this.query(asked, answered.Items ?? []);
    else if (operation === 'TransactWriteItems') this.transact(asked.TransactItems);
    else if (operation === 'PutItem') this.write(asked.Item, 1, 'table');
    else this.update(asked, 1);
  }

  /** Each row is billed by itself, also one that is not there; half as much, since none need be consistent. */
  private batchGet(
    asked: Readonly<Record<string, { readonly Keys: readonly Item[] }>>,
    found: Readonly<Record<string, readonly Item[]>>,
  ): void {
    for (const [table, { Keys }] of Object.entries(asked)) {
      const sizes = (found[table] ?? []).map(itemBytes);
      const missing = (Keys.length - sizes.length) * readUnits(0);
      const reads = sizes.reduce((sum, bytes) => sum + readUnits(bytes), missing) / 2;
      const bytes = sizes.reduce((sum, each) => sum + each, 0);
      this.count(`table ${kindOf(Keys[0]!)}`, { requests: Keys.length, reads, bytes });
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above.
  private batchWrite(tables: Readonly<Record<string, readonly any[]>>): void {
    for (const { PutRequest } of Object.values(tables).flat())
      if (PutRequest !== undefined) this.write(PutRequest.Item, 1, 'table');
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above.
  private query(asked: any, items: readonly Item[]): void {
    const bytes = items.reduce((sum, item) => sum + itemBytes(item), 0);
    const from: string = asked.ExpressionAttributeValues[':from']?.S ?? '';
    if (from === 'TURN#') {
      this.count('turns', { requests: 1, reads: readUnits(bytes), bytes });
      for (const item of items) this.count(`turn ${kindOf(item)}`, { requests: 1, bytes: itemBytes(item) });
    } else {
      const units = asked.ConsistentRead ? readUnits(bytes) : readUnits(bytes) / 2;
      this.count(`table ${from.split('#')[0] || 'index'}`, { requests: 1, reads: units, bytes });
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above.
  private transact(items: readonly any[]): void {
    const isCommit = items.length <= 2 && items.some(({ Put }) => Put && kindOf(Put.Item) === 'STATE');
    for (const { Put, Update } of items)
      if (Put) this.write(Put.Item, 2, isCommit ? 'commit' : 'table');
      else this.update(Update, 2);
  }

  /** @param times units a KB: two in a transaction */
  private write(item: Item, times: number, prefix: string): void {
    const bytes = itemBytes(item);
    this.rows.set(keyOf(item), bytes);
    // A row with these attributes is in an index as well, written apart.
    const indexes = ['list', 'open'].filter((name) => name in item).length;
    const writes = (times + indexes) * writeUnits(bytes);
    this.count(`${prefix} ${kindOf(item)}`, { requests: 1, writes, bytes });
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above.
  private update({ Key }: any, times: number): void {
    // A few attributes are set or removed; rows RUN are in two indexes.
    const bytes = this.rows.get(keyOf(Key)) ?? 0;
    const indexes = kindOf(Key) === 'RUN' ? 2 : 0;
    const writes = (times + indexes) * writeUnits(bytes);
    this.count(`table ${kindOf(Key)}`, { requests: 1, writes });
  }

  private s3({ method, url, body, answered }: Exchange): void {
    const { pathname, searchParams } = new URL(url, 'http://host');
    if (searchParams.has('list-type')) this.count('list', { requests: 1 });
    const [, folder] = /^\/[^/]+\/runs\/[^/]+\/([\w.]+)/.exec(decodeURIComponent(pathname)) ?? [];
    if (folder === undefined || searchParams.has('list-type')) return;
    const isWrite = method === 'PUT' || method === 'POST';
    const name = /bundles\/(\w+)/.exec(pathname)?.[1] ?? /files\/(logs)/.exec(pathname)?.[1] ?? folder;
    this.count(`${isWrite ? 'put' : 'get'} ${name}`, {
      requests: 1,
      bytes: isWrite ? body.length : answered.length,
    });
  }
}

const keyOf = ({ run, row, namespace, key }: Item) => JSON.stringify([run?.S, row?.S, namespace?.S, key?.S]);

/** `STATE`, `LANE`, `RESULT`, `EVENT`, `RUN`, …; rows of the cache are `cache`. */
function kindOf(item: Item): string {
  const row = item.row?.S;
  if (row === undefined) return 'cache';
  const [first, second] = row.split('#');
  return first === 'TURN' ? second! : first!;
}
