import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
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
      entries: { duration: 1, gate: 1, order: 1 },
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
    expect(stdout).toMatch(/^gate +1 entry$/m);
    expect(stdout).toMatch(/^gate +50 % hits, 1 of 2$/m);
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
    expect(cleared).toEqual({ entries: 3, freedBytes: expect.any(Number) });
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
      duration: 1,
      gate: 1,
      order: 1,
    });
  });
});
