import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type MergeOrderOptions, mergeOrderCommand } from '../../lib/cli/merge-order';
import { durationKey, openDurations } from '../../lib/engine/durations';
import { openCacheOf } from '../../lib/engine/open-cache';
import { InputError } from '../../lib/errors';
import { PERFORMANCE_DEFAULTS } from '../../lib/plan/presets';
import { plan } from '../plan/plans';

describe('lex-pr merge-order', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    execFileSync('git', ['init', '-q', folder]);
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

  it('leaves nothing behind outside of any repository', async () => {
    rmSync(join(folder, '.git'), { recursive: true });
    expect(JSON.parse(await run(plan({ items }), { json: true }))).toMatchObject({ order: ['a', 'b', 'c'] });
    expect(readdirSync(folder)).toEqual([]);
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

  describe('--predict', () => {
    const gates = [{ name: 'test', run: 'true' }];
    const text = plan({ items, gates, policy: { maxWorkers: 2 } });

    /** As runs would have left it. */
    async function remember(times: Readonly<Record<string, readonly number[]>>): Promise<void> {
      const { store, close } = await openCacheOf(folder);
      const durations = openDurations(PERFORMANCE_DEFAULTS, store);
      for (const [item, window] of Object.entries(times))
        await durations.set(item === '' ? JSON.stringify(['test']) : durationKey('test', item), window);
      close();
    }

    it('adds the prediction to the JSON document, which is as it was else', async () => {
      await remember({ a: [1_000, 1_100, 1_200], c: [5_000], '': [2_000] });
      const found = JSON.parse(await run(text, { json: true, predict: true, maxWorkers: 1 }));
      const { prediction, ...order } = found;
      expect(order).toEqual({ ...JSON.parse(await run(text, { json: true })), cached: false });
      expect(prediction).toMatchObject({
        maxWorkers: 1,
        boundSeconds: expect.closeTo(10.1, 0),
        criticalPath: {
          gates: [
            { item: 'a', gate: 'test', seconds: 1.1, spreadSeconds: expect.closeTo(0.148, 3) },
            { item: 'c', gate: 'test', seconds: 5, spreadSeconds: null },
            { item: null, gate: 'test', seconds: 2, spreadSeconds: null },
          ],
        },
        withoutHistory: [
          { item: 'b', gate: 'test', predictedFrom: 'gate' },
          { item: null, gate: 'test', predictedFrom: 'gate' },
        ],
      });
      expect(prediction.makespanSeconds).toBe(prediction.workSeconds);
    });

    it('says it in words', async () => {
      await remember({ a: [1_000], b: [70_000, 72_000, 71_000], c: [5_000], '': [2_000] });
      const words = (await run(text, { predict: true })).split('\n\n').at(-1)!;
      expect(words.replace(/[0-9]+m [0-9]+s/g, 'T')).toBe(
        [
          'Predicted on 2 workers: T, likely T to T',
          'Bound: T: the longer of the critical path and work T ÷ 2 workers = 40s',
          'Longest path: T: b test T ± 1.5s → verification test 2.0s',
          'No history: test of verification; predicted from other items',
          '',
        ].join('\n'),
      );
    });

    it('has nothing to say where no gate has run, or none is to', async () => {
      expect(await run(text, { predict: true })).toMatch(/\n\nPredicted: nothing yet: no gate /);
      expect(await run(plan({ items: [] }), { predict: true })).toBe(
        'Nothing to merge: the plan has no items.\n',
      );
      const none = JSON.parse(await run(plan({ items: [] }), { predict: true, json: true }));
      expect(none.prediction).toMatchObject({ makespanSeconds: 0, withoutHistory: [] });
    });

    it('is what --max-workers is for', async () => {
      await expect(run(text, { maxWorkers: 3 })).rejects.toThrow(InputError);
    });
  });

  it('refuses a plan that is not valid', async () => {
    writeFileSync(join(folder, 'bad.yaml'), 'items: 1');
    const stdout = new PassThrough();
    const io = { stdin: Readable.from([]), stdout, stderr: new PassThrough(), cwd: folder, env: {} };
    await expect(mergeOrderCommand('bad.yaml', {}, io)).rejects.toThrow(InputError);
    expect(stdout.read()).toBeNull();
  });
});
