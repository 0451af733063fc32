import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type MergeOrderOptions, mergeOrderCommand } from '../../lib/cli/merge-order';
import { InputError } from '../../lib/errors';
import { plan } from '../plan/plans';

describe('lex-pr merge-order', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function run(text: string, options: MergeOrderOptions = {}): Promise<string> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const io = { stdin: Readable.from([Buffer.from(text)]), stdout, stderr, cwd: folder, env: {} };
    expect(await mergeOrderCommand('-', options, io)).toBe(0);
    expect(stderr.read()).toBeNull();
    return String(stdout.read());
  }

  const items = [{ name: 'c', deps: ['a'] }, { name: 'b' }, { name: 'a' }];

  it('prints one JSON document with order, levels and critical path', async () => {
    const found = JSON.parse(await run(plan({ items }), { json: true }));
    expect(found).toEqual({
      signature: expect.stringMatching(/^[0-9a-f]{64}$/),
      cached: false,
      order: ['a', 'b', 'c'],
      levels: [['a', 'b'], ['c']],
      criticalPath: ['a', 'c'],
    });
    expect(Object.keys(found)).toEqual(['signature', 'cached', 'order', 'levels', 'criticalPath']);
  });

  it('finds the order in the cache the next time, however the plan lists its items', async () => {
    const first = JSON.parse(await run(plan({ items }), { json: true }));
    const again = JSON.parse(await run(plan({ items: items.toReversed() }), { json: true }));
    expect(again).toEqual({ ...first, cached: true });
    const other = JSON.parse(await run(plan({ items: items.slice(1) }), { json: true }));
    expect(other).toMatchObject({ cached: false, order: ['a', 'b'] });
  });

  it('does not use the cache where the plan turns it off', async () => {
    const text = plan({ items, policy: { performance: { enableCaching: false } } });
    await run(text);
    expect(JSON.parse(await run(text, { json: true }))).toMatchObject({ cached: false });
  });

  it('prints numbered lines', async () => {
    expect(await run(plan({ items }))).toBe('1. a\n2. b\n3. c  after a\n\nLevels: 2\nCritical path: a → c\n');
    expect(await run(plan({ items: [] }))).toBe('Nothing to merge: the plan has no items.\n');
  });

  it('prints a Mermaid flowchart', async () => {
    expect(await run(plan({ items }), { format: 'mermaid' })).toMatch(/^flowchart LR\n {2}n0\["a"\]\n/);
  });

  it('refuses a plan that is not valid', async () => {
    writeFileSync(join(folder, 'bad.yaml'), 'items: 1');
    const stdout = new PassThrough();
    const io = { stdin: Readable.from([]), stdout, stderr: new PassThrough(), cwd: folder, env: {} };
    await expect(mergeOrderCommand('bad.yaml', {}, io)).rejects.toThrow(InputError);
    expect(stdout.read()).toBeNull();
  });
});
