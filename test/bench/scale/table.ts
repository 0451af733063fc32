import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { type Item, itemBytes, readUnits, writeUnits } from '../../cost/units';

/** What AWS documents (developer guide of DynamoDB, "Quotas", "Best practices for partition keys"). */
export const LIMITS = {
  rowBytes: 400 * 1024,
  transactionItems: 100,
  transactionBytes: 4 * 2 ** 20,
  /** Units of one partition key a second. */
  writes: 1_000,
  reads: 3_000,
} as const;

/** What has been asked of the table. */
export interface Asked {
  requests: number;
  readUnits: number;
  writeUnits: number;
  readBytes: number;
  writtenBytes: number;
  largestRow: number;
  largestTransaction: number;
  /** Transactions that somebody else was faster than. */
  refused: number;
  /** Units of the partition by second. */
  readonly writesBySecond: Map<number, number>;
  readonly readsBySecond: Map<number, number>;
  /** Written units by kind of row. */
  readonly writesByRow: Map<string, number>;
}

type Values = Readonly<Record<string, AttributeValue>>;
interface Expressions {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Values;
}
interface Write extends Expressions {
  readonly Item?: Item;
  readonly Key?: Item;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ReturnValues?: string;
}

/**
 * A table of DynamoDB in memory, for one partition: enough of its language for our stores, with its limits, and counted
 * as it bills.
 * @throws Error where a request is larger than DynamoDB takes
 */
export function limitedTable(now: () => number) {
  /** By the beginning of their names, which every range of ours has in common. */
  const groups = new Map<string, Map<string, Item>>();
  const groupOf = (name: string) => {
    const [first] = name.split('#') as [string];
    const group = groups.get(first) ?? new Map<string, Item>();
    groups.set(first, group);
    return group;
  };
  const find = (name: string) => groupOf(name).get(name);
  const asked: Asked = {
    ...{ requests: 0, readUnits: 0, writeUnits: 0, readBytes: 0, writtenBytes: 0 },
    ...{ largestRow: 0, largestTransaction: 0, refused: 0 },
    ...{ writesBySecond: new Map(), readsBySecond: new Map(), writesByRow: new Map() },
  };
  const nameOf = (item: Item) => item.row!.S!;
  const add = (to: Map<number, number>, units: number) => {
    const second = Math.floor(now() / 1000);
    to.set(second, (to.get(second) ?? 0) + units);
  };
  const read = (found: readonly Item[]) => {
    const bytes = found.reduce((sum, item) => sum + itemBytes(item), 0);
    asked.readBytes += bytes;
    asked.readUnits += readUnits(bytes);
    add(asked.readsBySecond, readUnits(bytes));
  };
  const applied = ({ Item, Key, UpdateExpression, ...more }: Write): Item =>
    Item ?? updated({ ...Key, ...find(nameOf(Key!)) }, UpdateExpression!, more);
  const holds = ({ Item, Key, ConditionExpression, ...more }: Write) =>
    ConditionExpression === undefined || judge(ConditionExpression, find(nameOf(Item ?? Key!)) ?? {}, more);
  /** @param times units a KB */
  const write = (item: Item, times: number) => {
    const bytes = itemBytes(item);
    if (bytes > LIMITS.rowBytes) throw new Error(`a row of ${bytes} bytes: ${nameOf(item)}`);
    const units = times * writeUnits(bytes);
    const [, kind = ''] = /^(?:TURN#)?([A-Z]+)/.exec(nameOf(item)) ?? [];
    asked.largestRow = Math.max(asked.largestRow, bytes);
    asked.writtenBytes += bytes;
    asked.writeUnits += units;
    asked.writesByRow.set(kind, (asked.writesByRow.get(kind) ?? 0) + units);
    add(asked.writesBySecond, units);
    groupOf(nameOf(item)).set(nameOf(item), item);
  };
  const transact = (writes: readonly Write[]) => {
    const bytes = writes.reduce((sum, each) => sum + itemBytes(applied(each)), 0);
    if (writes.length > LIMITS.transactionItems) throw new Error(`a transaction of ${writes.length} rows`);
    if (bytes > LIMITS.transactionBytes) throw new Error(`a transaction of ${bytes} bytes`);
    asked.largestTransaction = Math.max(asked.largestTransaction, writes.length);
    const reasons = writes.map((each) => ({ Code: holds(each) ? 'None' : 'ConditionalCheckFailed' }));
    if (reasons.some(({ Code }) => Code !== 'None')) {
      asked.refused += 1;
      throw new TransactionCanceledException({ message: '', $metadata: {}, CancellationReasons: reasons });
    }
    for (const each of writes) write(applied(each), 2);
  };
  const writeOne = (one: Write) => {
    if (!holds(one)) throw new ConditionalCheckFailedException({ message: '', $metadata: {} });
    const replaced = find(nameOf(one.Item ?? one.Key!));
    write(applied(one), 1);
    return { Attributes: one.ReturnValues === 'ALL_OLD' ? replaced : undefined };
  };

  // biome-ignore lint/suspicious/noExplicitAny: the input of whichever command it is.
  function answer(command: string, input: any) {
    asked.requests += 1;
    switch (command) {
      case 'GetItemCommand': {
        const found = find(nameOf(input.Key));
        read(found ? [found] : []);
        return { Item: found };
      }
      case 'QueryCommand': {
        const [from, to] = [
          input.ExpressionAttributeValues[':from'].S,
          input.ExpressionAttributeValues[':to'].S,
        ];
        const group = groupOf(from);
        const found = [...group.keys()].filter((name) => name >= from && name <= to).sort();
        const items = found.map((name) => group.get(name)!);
        read(items);
        return { Items: items };
      }
      case 'PutItemCommand':
      case 'UpdateItemCommand':
        return writeOne(input);
      case 'TransactWriteItemsCommand':
        return transact(input.TransactItems.map(({ Put, Update }: Record<string, Write>) => Put ?? Update));
      default:
        throw new Error(`${command} is not asked for here`);
    }
  }

  return {
    asked,
    /** A client whose requests take as long as `wait`. */
    client: (wait: () => Promise<void>) =>
      ({
        async send(command: { readonly constructor: { readonly name: string }; readonly input: unknown }) {
          await wait();
          // A bundler numbers names that there are twice.
          return answer(command.constructor.name.replace(/\d+$/, ''), command.input);
        },
      }) as unknown as DynamoDBClient,
  };
}

/** `SET #a = :a, … REMOVE #b, …` */
function updated(item: Item, expression: string, named: Expressions): Item {
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = named;
  const changed: Record<string, AttributeValue> = { ...item };
  for (const [, name, value] of expression.matchAll(/(#\w+) = (:\w+)/g))
    changed[names[name!]!] = values[value!]!;
  const [, removed = ''] = / ?REMOVE (.*)$/.exec(expression) ?? [];
  for (const [name] of removed.matchAll(/#\w+/g)) delete changed[names[name]!];
  return changed;
}

/** Conditions as our stores write them: comparisons and `attribute_not_exists`, `AND` before `OR`, and parentheses. */
function judge(expression: string, item: Item, named: Expressions): boolean {
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = named;
  const tokens = expression.match(/attribute_not_exists|[()]|[#:]\w+|<=|<|>=|>|=|AND|OR/g) ?? [];
  let at = 0;
  const one = (): boolean => {
    const token = tokens[at++]!;
    if (token === '(') {
      const inner = either();
      at += 1;
      return inner;
    }
    if (token === 'attribute_not_exists') {
      at += 1;
      const name = names[tokens[at++]!]!;
      at += 1;
      return item[name] === undefined;
    }
    const [operator, value] = [tokens[at++]!, plain(values[tokens[at++]!]!)];
    const found = item[names[token]!];
    return found !== undefined && compare(plain(found), operator, value);
  };
  const both = (): boolean => {
    let result = one();
    while (tokens[at] === 'AND') {
      at += 1;
      result = one() && result;
    }
    return result;
  };
  const either = (): boolean => {
    let result = both();
    while (tokens[at] === 'OR') {
      at += 1;
      result = both() || result;
    }
    return result;
  };
  return either();
}

const plain = ({ S, N, BOOL }: AttributeValue): string | number | boolean =>
  S ?? (N === undefined ? BOOL! : Number(N));

function compare(a: string | number | boolean, operator: string, b: string | number | boolean): boolean {
  if (operator === '=') return a === b;
  if (operator === '<') return a < b;
  if (operator === '>') return a > b;
  return operator === '<=' ? a <= b : a >= b;
}
