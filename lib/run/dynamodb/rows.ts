import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { expressed, fromAttributes, type Row, toAttributes, type Value } from '../../aws/attributes';
import { RUN_TABLE } from './table';

export interface RunTable {
  readonly client: DynamoDBClient;
  /** Of the shape of `RUN_TABLE`. */
  readonly table: string;
  /** How long a row is there after it was written. */
  readonly retentionSeconds: number;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number;
}

export interface Condition {
  /** `#name` is an attribute, `:name` a value. */
  readonly expression: string;
  readonly values?: Readonly<Record<string, Value>>;
}

type Attributes = Readonly<Record<string, Value | undefined>>;

/** Conditions on a row: that it is there, that it is not. One that has expired is not. */
export const PRESENT = '#expiresAt > :now';
export const ABSENT = '(attribute_not_exists(#run) OR #expiresAt <= :now)';

/** The partition of what belongs to the whole stack. */
export const STACK = 'STACK';
/** The year 9999, in seconds since the epoch: such a row is kept as long as the table. */
export const NEVER = 253_402_300_799;

/** How often what others got in the way of is tried again. */
const TRIES = 60;

/**
 * The rows of runs. A row that has expired is not there for any reader or condition, whether or not DynamoDB has
 * deleted it yet, which may take days.
 */
export class Rows {
  private readonly name: { readonly TableName: string };

  constructor(private readonly options: RunTable) {
    this.name = { TableName: options.table };
  }

  /** When a row that is written now expires, in seconds since the epoch. */
  expiry(): number {
    return this.seconds() + this.options.retentionSeconds;
  }

  /** As every write before this call has left it. */
  async get(run: string, row: string): Promise<Row | undefined> {
    const Key = toAttributes({ run, row });
    const get = new GetItemCommand({ ...this.name, Key, ConsistentRead: true });
    const { Item } = await this.options.client.send(get);
    return this.live(Item === undefined ? [] : [fromAttributes(Item)])[0];
  }

  /** All rows of a run from one name to another, both included, in the order of their names. */
  async range(run: string, from: string, to: string): Promise<Row[]> {
    return (await Array.fromAsync(this.pages(run, from, to))).flat();
  }

  /** The same as they are read, about a megabyte at a time. */
  async *pages(run: string, from: string, to: string): AsyncGenerator<Row[]> {
    const expression = '#run = :run AND #row BETWEEN :from AND :to';
    let page: Awaited<ReturnType<Rows['query']>> | undefined;
    do {
      page = await this.query({
        KeyConditionExpression: expression,
        ...expressed(expression, { run, from, to }),
        ConsistentRead: true,
        ExclusiveStartKey: page?.last && toAttributes(page.last),
      });
      yield page.rows;
    } while (page.last !== undefined);
  }

  /**
   * One page of the rows of all runs, or of those that are open, by their time, newest first. DynamoDB brings it up
   * to date after the write.
   */
  async newest(index: 'byTime' | 'open', limit: number, after?: Row) {
    const { indexName, partitionKey } = RUN_TABLE[index];
    const expression = `#${partitionKey} = :list`;
    return this.query({
      IndexName: indexName,
      KeyConditionExpression: expression,
      ...expressed(expression, { list: LISTED }),
      ScanIndexForward: false,
      Limit: limit,
      ExclusiveStartKey: after && toAttributes(after),
    });
  }

  /** @returns false, and nothing is written, when the condition does not hold */
  async put(run: string, row: string, attributes: Attributes, condition?: Condition): Promise<boolean> {
    const put = new PutItemCommand(this.putOf(run, row, attributes, condition));
    return isWritten(this.options.client.send(put));
  }

  /**
   * The same, where one wants to know what was there before.
   * @returns the row that was replaced, if there was one
   */
  async replace(
    run: string,
    row: string,
    attributes: Attributes,
    condition: Condition,
  ): Promise<Row | 'refused' | undefined> {
    const put = new PutItemCommand({
      ...this.putOf(run, row, attributes, condition),
      ReturnValues: 'ALL_OLD',
    });
    try {
      const { Attributes: replaced } = await this.options.client.send(put);
      return this.live(replaced === undefined ? [] : [fromAttributes(replaced)])[0];
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return 'refused';
      throw error;
    }
  }

  /** @returns false, and nothing is written, when the condition does not hold */
  async update(run: string, row: string, update: string, condition: Condition): Promise<boolean> {
    const command = new UpdateItemCommand(this.updateOf(run, row, update, condition));
    return isWritten(this.options.client.send(command));
  }

  /** What `transact` takes. A row without an expiry of its own gets that of now. */
  putOf(run: string, row: string, attributes: Attributes, condition?: Condition) {
    const item = { expiresAt: this.expiry(), ...attributes, run, row };
    return { ...this.name, Item: toAttributes(item), ...this.conditionOf(condition) };
  }

  /** What `transact` takes; `update` as DynamoDB's update expression. */
  updateOf(run: string, row: string, update: string, condition: Condition) {
    const stated = this.conditionOf(condition, update);
    return { ...this.name, Key: toAttributes({ run, row }), UpdateExpression: update, ...stated };
  }

  /**
   * Writes all or nothing, once: an attempt whose answer was lost is known by its token when the SDK repeats it. Rows
   * that are written so are written in no other way, which would fail while this is under way.
   * @returns `refused` when a condition does not hold, `conflict` when another write was under way; then nothing
   *   is written
   */
  async transact(items: TransactWriteItem[]): Promise<'written' | 'refused' | 'conflict'> {
    const input = { TransactItems: items, ClientRequestToken: randomUUID() };
    for (let tried = 0; ; tried += 1) {
      try {
        await this.options.client.send(new TransactWriteItemsCommand(input));
        return 'written';
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const reasons = new Set(error.CancellationReasons?.map(({ Code }) => Code));
        if (reasons.has('ConditionalCheckFailed')) return 'refused';
        if (reasons.has('TransactionConflict')) return 'conflict';
        const throttled = reasons.has('ThrottlingError') || reasons.has('ProvisionedThroughputExceeded');
        if (!throttled || tried === THROTTLED_TRIES) throw error;
        await pause(tried + 4);
      }
    }
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return (this.options.now ?? Date.now)();
  }

  private seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  private conditionOf(condition: Condition | undefined, update = '') {
    if (condition === undefined) return {};
    const { expression, values } = condition;
    const now = expression.includes(':now') ? { now: this.seconds() } : {};
    return { ConditionExpression: expression, ...expressed(update + expression, { ...values, ...now }) };
  }

  private async query(input: Omit<ConstructorParameters<typeof QueryCommand>[0], 'TableName'>) {
    const answer = await this.options.client.send(new QueryCommand({ ...this.name, ...input }));
    const last = answer.LastEvaluatedKey && fromAttributes(answer.LastEvaluatedKey);
    return { rows: this.live((answer.Items ?? []).map(fromAttributes)), last };
  }

  private live(rows: Row[]): Row[] {
    return rows.filter(({ expiresAt }) => Number(expiresAt) > this.seconds());
  }
}

async function isWritten(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** The one partition of each index. */
export const LISTED = 'RUN';

const THROTTLED_TRIES = 8;

/**
 * Tries until there is an answer, with growing pauses at random in between.
 * @throws Error when there is none after many tries
 */
export async function persist<T>(what: string, action: () => Promise<T | undefined>): Promise<T> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const answer = await action();
    if (answer !== undefined) return answer;
    await pause(tried);
  }
  throw new Error(`${what}: others were in the way ${TRIES} times in a row`);
}

/** Half a second on average, from the sixth try on. */
const pause = (tried: number) => sleep(Math.random() * Math.min(20 * 2 ** tried, 1000));
