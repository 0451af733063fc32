import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Value = string | number | boolean | Uint8Array;
/** The attributes of a row of DynamoDB. */
export type Row = Readonly<Record<string, Value>>;
type Stored = Record<string, AttributeValue>;

export function toAttributes(row: Readonly<Record<string, Value | undefined>>, prefix = ''): Stored {
  const stored: Stored = {};
  for (const [name, value] of Object.entries(row))
    if (value !== undefined) stored[prefix + name] = toAttribute(value);
  return stored;
}

export function fromAttributes(stored: Stored): Row {
  return Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, fromAttribute(value)]));
}

/** What DynamoDB wants to be told beside an expression: `#name` is the attribute `name`, `:name` a value. */
export function expressed(expressions: string, values: Readonly<Record<string, Value>>) {
  const named = Array.from(expressions.matchAll(/#(\w+)/g), ([name, attribute]) => [name, attribute]);
  return {
    ...(named.length > 0 && { ExpressionAttributeNames: Object.fromEntries(named) }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: toAttributes(values, ':') }),
  };
}

function toAttribute(value: Value): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  return { B: value };
}

function fromAttribute(value: AttributeValue): Value {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.B !== undefined) return value.B;
  throw new Error(`an attribute of the type ${Object.keys(value)[0]}, which is none of ours`);
}
