import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PRICES, pricesSchema } from '../../lib/cost/prices';
import { writeDocument } from './document';
import type { Emulator } from './measure';
import { measureAnew } from './measured';
import type { Template } from './template';

/**
 * `npm run cost [-- --measure] [--prices FILE]`: computes docs/cost.md from what was measured; with other prices it
 * is printed instead.
 * @param template of the stack
 * @returns the exit code
 */
export async function cost(
  args: readonly string[],
  paths: { readonly measured: string; readonly document: string },
  template: Template,
  emulator: Emulator,
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { measure: { type: 'boolean' }, prices: { type: 'string' } },
  });
  const note = (text: string) => process.stderr.write(`${text}\n`);
  if (values.measure)
    writeFileSync(paths.measured, `${JSON.stringify(await measureAnew(emulator, note), null, 2)}\n`);
  const measured = JSON.parse(readFileSync(paths.measured, 'utf8'));
  const prices =
    values.prices === undefined
      ? PRICES
      : pricesSchema.parse(JSON.parse(readFileSync(values.prices, 'utf8')));
  const text = writeDocument(template, measured, prices);
  if (values.prices === undefined) {
    writeFileSync(paths.document, text);
    note(`written: ${paths.document}`);
  } else process.stdout.write(text);
  return 0;
}
