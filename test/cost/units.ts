import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** A row as DynamoDB's JSON has it. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** Bytes of a row, by which it is billed (developer guide, "DynamoDB item sizes and formats"). */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + bytesOf(value),
    0,
  );
}

function bytesOf(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  // In JSON it is base64.
  if (value.B !== undefined) return Buffer.from(value.B as unknown as string, 'base64').length;
  // Two digits a byte, and one.
  if (value.N !== undefined) return Math.ceil(value.N.replace(/\D/g, '').length / 2) + 1;
  return 1;
}

/** Of one consistent read of rows, however many: each 4 KB of the sum, and one at least. */
export const readUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / 4096));

/** Of one write of a row: each KB of it, and one at least. */
export const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1024));
