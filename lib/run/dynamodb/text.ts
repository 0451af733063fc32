import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, brotliDecompressSync, constants } from 'node:zlib';
import type { Row } from '../../aws/attributes';
import type { Rows } from './rows';

/** Bytes of text that a row may hold itself: DynamoDB takes rows of up to 400 KB, names included. */
const ROW_BYTES = 350_000;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);
const params = { [constants.BROTLI_PARAM_QUALITY]: 5 };

/**
 * Attributes that hold a text under a name: compressed in the row itself, or, where that takes more than
 * `rowBytes`, in rows of their own, which are written before this returns and never change.
 * @param expiresAt of the row that will have the attributes, in seconds since the epoch
 */
export async function packText(
  rows: Rows,
  run: string,
  name: string,
  text: string,
  expiresAt: number,
  rowBytes = ROW_BYTES,
): Promise<Row> {
  const bytes = await compress(text, { params });
  if (bytes.length <= rowBytes) return { [name]: bytes };
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
  // An equal text that is written again may expire at another time.
  const part = `${hash}.${expiresAt}`;
  const count = Math.ceil(bytes.length / ROW_BYTES);
  const write = (k: number) => {
    const body = bytes.subarray(k * ROW_BYTES, (k + 1) * ROW_BYTES);
    return rows.put(run, partRow(part, k), { body, expiresAt });
  };
  await Promise.all(Array.from({ length: count }, (_, k) => write(k)));
  return { [`${name}Part`]: part, [`${name}Count`]: count };
}

/** @throws Error when the row has no text of this name */
export async function unpackText(rows: Rows, row: Row, name: string): Promise<string> {
  const run = String(row.run);
  const part = row[`${name}Part`];
  if (part === undefined) return restore(row[name], `${name} in ${row.row} of ${run}`);
  const count = Number(row[`${name}Count`]);
  const parts = await rows.range(run, partRow(String(part), 0), partRow(String(part), count - 1));
  const whole =
    parts.length === count ? Buffer.concat(parts.map(({ body }) => body as Uint8Array)) : undefined;
  return restore(whole, `${name} in ${row.row} of ${run}`);
}

/** A short text of a row itself, at once. */
export const restoreNow = (bytes: Uint8Array): string => brotliDecompressSync(bytes).toString();

async function restore(bytes: Row[string] | undefined, what: string): Promise<string> {
  if (!(bytes instanceof Uint8Array)) throw new Error(`the table has lost ${what}`);
  return (await decompress(bytes)).toString();
}

const partRow = (part: string, k: number) => `PART#${part}#${String(k).padStart(6, '0')}`;
