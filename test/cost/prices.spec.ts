import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PRICES } from '../../lib/cost/prices';
import { readPrices } from './main';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lex-pr-prices-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (text: string) => {
  const file = join(folder, 'prices.json');
  writeFileSync(file, text);
  return readPrices(file);
};

describe('a file of prices', () => {
  it('is read as it is', () => {
    expect(read(JSON.stringify(PRICES))).toEqual(PRICES);
  });

  it('that is of no use is told with file and field, and not by a stack trace', () => {
    expect(readPrices(join(folder, 'none.json'))).toMatch(/none\.json cannot be read: ENOENT/);
    expect(read('{')).toMatch(/prices\.json cannot be read: /);
    const wrong = structuredClone(PRICES) as { services: { xray: { usd: { trace: unknown } } } };
    wrong.services.xray.usd.trace = 'five';
    expect(read(JSON.stringify(wrong))).toMatch(
      /^\S+prices\.json: services\.xray\.usd\.trace: .*number.*\n.*as in lib\/cost\/prices\.json$/,
    );
  });
});
