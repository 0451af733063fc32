import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PRICES, type Prices, pricesSchema } from '../../lib/cost/prices';
import { writeDocument } from './document';
import type { Emulator } from './measure';
import { measureAnew } from './measured';
import type { Template } from './template';

/**
 * `npm run cost [-- --measure] [--prices FILE]`: computes docs/cost.md from what was measured; with other prices it
 * is printed instead.
 * @param template of the stack
 * @returns the exit code: 2 where the file of prices is of no use, and nothing is measured or written then
 */
export async function cost(
  args: readonly string[],
  paths: { readonly measured: string; readonly document: string },
  template: Template,
  emulator: Emulator,
): Promise<number> {
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const { values } = parseArgs({
    args: [...args],
    options: { measure: { type: 'boolean' }, prices: { type: 'string' } },
  });
  const prices = values.prices === undefined ? PRICES : readPrices(values.prices);
  if (typeof prices === 'string') {
    note(prices);
    return 2;
  }
  if (values.measure)
    writeFileSync(paths.measured, `${JSON.stringify(await measureAnew(emulator, note), null, 2)}\n`);
  const measured = JSON.parse(readFileSync(paths.measured, 'utf8'));
  const text = writeDocument(template, measured, prices);
  if (values.prices === undefined) {
    writeFileSync(paths.document, text);
    note(`written: ${paths.document}`);
  } else process.stdout.write(text);
  return 0;
}

/** @returns in words, a problem a line, where the file holds no prices */
export function readPrices(file: string): Prices | string {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return `${file} cannot be read: ${(error as Error).message}`;
  }
  const { data, error } = pricesSchema.safeParse(given);
  if (error === undefined) return data!;
  const problems = error.issues.map(
    ({ path, message }) => `${file}: ${path.join('.') || 'the whole'}: ${message}`,
  );
  return [...problems, 'prices are written as in lib/cost/prices.json'].join('\n');
}
