import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockHome } from '../../lib/engine/lock';
import { itemOf, mergePlan, problemsOf, runCli } from '../support/cli';
import { testRepositories } from '../support/repository';

const create = testRepositories();
const PLAN = {
  gates: [{ name: 'test', run: 'echo kept > out.txt', artifacts: ['out.txt'] }],
  items: [{ name: 'good' }],
};

async function withEntries() {
  const repo = create();
  repo.branch('good', { good: '1\n' });
  const { report } = await mergePlan(repo, PLAN, []);
  return { repo, report, cache: (...args: string[]) => runCli(['cache', ...args], { cwd: repo.path }) };
}

describe('lex-pr cache', () => {
  it('stats counts entries by operation, their size, and what the last run found', async () => {
    const { cache, report } = await withEntries();
    const stats = JSON.parse((await cache('stats', '--json')).stdout);
    expect(stats).toEqual({
      entries: { duration: 2, gate: 1, 'last-pass': 2, order: 1 },
      keptSeconds: { duration: 2_592_000, gate: 3600, 'last-pass': 2_592_000, order: 3600 },
      bounds: { entries: 200_000, bytes: 256 * 2 ** 20, artifactBytes: 2 * 2 ** 30 },
      bytes: expect.any(Number),
      lastRun: {
        runId: report.runId,
        operations: {
          order: { hits: 0, misses: 1, hitRate: 0 },
          gate: { hits: 1, misses: 1, hitRate: 0.5 },
        },
      },
    });
    expect(stats.bytes).toBeGreaterThan(1000);
    const { stdout } = await cache('stats');
    expect(stdout).toMatch(/^gate +1 entry, each for at most 1h 00m$/m);
    expect(stdout).toMatch(/^At most 200000 entries and 256.0 MB, and 2048.0 MB of files of passes; /m);
    expect(stdout).toMatch(/^gate +50 % hits, 1 of 2$/m);
  });

  it('list shows the newest first, what it is about, and how many more there are', async () => {
    const { repo, cache } = await withEntries();
    const { entries, more } = JSON.parse((await cache('list', '--json')).stdout);
    expect(more).toBe(0);
    expect(
      entries.map(({ operation, about }: { operation: string; about: string }) => [operation, about]),
    ).toEqual([
      ['duration', 'test of all items'],
      ['duration', 'test of good'],
      ['last-pass', 'test of the woven commit'],
      ['last-pass', 'test of good'],
      ['gate', `test of good, tree ${repo.git('rev-parse', 'good^{tree}').slice(0, 12)}`],
      ['order', expect.stringMatching(/^[0-9a-f]{64}$/)],
    ]);
    const [newest, , , , gate] = entries;
    expect(gate).toMatchObject({ key: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: expect.any(Number) });
    // The file that is kept with it counts.
    expect(gate.bytes).toBeGreaterThan(5);
    expect(Date.parse(gate.expiresAt) - Date.parse(gate.writtenAt)).toBe(3_600_000);

    const limited = JSON.parse((await cache('list', '--json', '--limit', '1')).stdout);
    expect(limited).toMatchObject({ entries: [newest], more: 5, bounds: { entries: 200_000 } });
    const durations = JSON.parse((await cache('list', '--json', '--operation', 'duration')).stdout);
    expect(durations).toMatchObject({
      entries: [{ operation: 'duration' }, { operation: 'duration' }],
      more: 0,
    });

    const { stdout } = await cache('list', '--limit', '1');
    expect(stdout).toMatch(
      /^duration +\S+ old, for \S+ \S+ more +\d+ B {2}test of all items\nand 5 more: --limit shows them\nAt most .+\n$/,
    );
    expect((await runCli(['cache', 'list'], { cwd: create().path })).stdout).toMatch(
      /^Nothing is remembered\.\nAt most .+\n$/,
    );
    expect((await cache('list', '--limit', '0')).code).toBe(2);
  });

  it('keeps no files of passes that are forgotten, once the next run starts', async () => {
    const { repo } = await withEntries();
    const kept = join(repo.path, '.lex-pr/artifacts');
    const [pass] = readdirSync(kept);
    mkdirSync(join(kept, 'of-nothing'));
    await mergePlan(repo, PLAN, []);
    expect(readdirSync(kept)).toEqual([pass]);
  });

  it('stats of an unused folder are empty', async () => {
    const { code, stdout } = await runCli(['cache', 'stats', '--json'], { cwd: create().path });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ entries: {}, lastRun: null });
  });

  it('clear forgets entries and their artifacts: the next run executes the gate again', async () => {
    const { repo, cache } = await withEntries();
    const kept = join(repo.path, '.lex-pr/artifacts');
    expect(existsSync(kept)).toBe(true);
    expect(itemOf(await mergePlan(repo, PLAN, []), 'good').gates[0]!.cached).toBe(true);
    const cleared = JSON.parse((await cache('clear', '--json')).stdout);
    expect(cleared).toEqual({ entries: 6, freedBytes: expect.any(Number) });
    expect(existsSync(kept)).toBe(false);
    // Its file is as large as it was: that is not told as a size.
    expect((await cache('clear')).stdout).toBe('Removed 0 entries.\n');
    expect(JSON.parse((await cache('stats', '--json')).stdout).entries).toEqual({});
    expect(itemOf(await mergePlan(repo, PLAN, []), 'good').gates[0]!.cached).toBe(false);
  });

  it('clear removes a cache that cannot be opened, as on a full disk, and the damaged one put away before', async () => {
    const { repo, cache } = await withEntries();
    const file = join(repo.path, '.lex-pr/cache.db');
    writeFileSync(file, 'no database '.repeat(1000));
    await cache('stats');
    expect(existsSync(`${file}.set-aside`)).toBe(true);
    rmSync(file);
    mkdirSync(file);
    expect((await cache('stats')).code).toBe(3);
    const { code, stdout } = await cache('clear', '--json');
    expect({ code, ...JSON.parse(stdout) }).toEqual({
      code: 0,
      entries: null,
      freedBytes: expect.any(Number),
    });
    expect([existsSync(file), existsSync(`${file}.set-aside`)]).toEqual([false, false]);
    expect(JSON.parse((await cache('stats', '--json')).stdout)).toMatchObject({ entries: {} });
  });

  it('stats does without a last run whose report is damaged', async () => {
    const { repo, report, cache } = await withEntries();
    writeFileSync(join(repo.path, '.lex-pr/runs', report.runId, 'report.json'), '{"runId":"x"}');
    const { code, stdout } = await cache('stats', '--json');
    expect({ code, lastRun: JSON.parse(stdout).lastRun }).toEqual({ code: 0, lastRun: null });
  });

  it('clear is refused while a run is going on, and nothing is lost', async () => {
    const { repo, cache } = await withEntries();
    const unlock = lockHome(join(repo.path, '.lex-pr'));
    try {
      expect(problemsOf(await cache('clear', '--json'))).toMatchObject([{ code: 'run-in-progress' }]);
    } finally {
      unlock();
    }
    expect(JSON.parse((await cache('stats', '--json')).stdout).entries).toEqual({
      duration: 2,
      gate: 1,
      'last-pass': 2,
      order: 1,
    });
  });
});
