import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchProcessor } from '../lib/performance/batch-processor';
import { OperationCache } from '../lib/performance/operation-cache';
import { pressureReader } from '../lib/performance/pressure';
import { checkReport } from '../lib/report/check';
import type { Report } from '../lib/report/report';
import { bundle, finished, start } from './performance/child-script';
import { mergePlan, runCli, writePlan } from './support/cli';
import { testRepositories } from './support/repository';

/** The specification's "How to Verify", in one file: memory, cache, batches, worker pool. */

const repositories = testRepositories();

describe('memory monitoring', () => {
  it('holds gates back while memory is above its threshold, one at a time, and still ends', async () => {
    const repo = repositories();
    repo.branches([1, 2, 3, 4, 5].map((n) => ({ name: `b${n}` })));
    const plan = {
      gates: [{ name: 'test', run: 'sleep 0.3' }],
      // The heap of any process is above 1 MB, and never drops below it.
      policy: { maxWorkers: 4, performance: { maxMemoryMB: 1, memoryThresholdPercent: 80 } },
      items: [1, 2, 3, 4, 5].map((n) => ({ name: `b${n}` })),
    };
    const { code, report, stderr } = await mergePlan(repo, plan, ['--execute', '--log-format', 'json']);
    expect(code).toBe(0);
    expect(mostAtOnce(report)).toBe(1);
    expect(report.metrics.lex_pr_memory_throttle_seconds_total?.value).toBeGreaterThan(0);
    const logged = stderr
      .trim()
      .split('\n')
      .map((line): string => JSON.parse(line).event);
    for (const event of ['memory-threshold', 'memory-throttle', 'memory-release'])
      expect(logged).toContain(event);
  });

  it('lets go once allocated memory is collected, with --expose-gc', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
    try {
      const script = bundle(
        folder,
        `import { MemoryMonitor } from './lib/performance/memory-monitor';
        let held = Array.from({ length: 80 }, () => new Array(131072).fill(1.5));
        const events = [];
        const monitor = new MemoryMonitor(
          { maxMemoryMB: 64, memoryThresholdPercent: 75, throttleOnMemory: true },
          { onThrottle: () => { events.push('throttle'); setImmediate(() => { held = []; }); },
            onRelease: () => events.push('release') },
        );
        await monitor.admit(() => 1);
        events.push('admitted');
        console.log(JSON.stringify({ events, held: held.length, peakMB: monitor.peak() / 2 ** 20 }));`,
      );
      const { events, held, peakMB } = JSON.parse(await finished(start(script, [], ['--expose-gc'])));
      expect(events).toEqual(['throttle', 'release', 'admitted']);
      expect(held).toBe(0);
      expect(peakMB).toBeGreaterThan(80);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('holds nothing back below the threshold', async () => {
    const repo = repositories();
    repo.branches([1, 2, 3].map((n) => ({ name: `b${n}` })));
    const plan = {
      gates: [{ name: 'test', run: 'sleep 1' }],
      policy: { maxWorkers: 3, performance: { maxMemoryMB: 4096 } },
      items: [1, 2, 3].map((n) => ({ name: `b${n}` })),
    };
    const { report } = await mergePlan(repo, plan);
    expect(mostAtOnce(report)).toBe(3);
    expect(report.metrics.lex_pr_memory_throttle_seconds_total?.value).toBe(0);
  });
});

describe('throttling by pressure', () => {
  it('goes on where it is, however high that is, and is counted', async () => {
    const repo = repositories();
    repo.branches([1, 2, 3, 4].map((n) => ({ name: `b${n}` })));
    const fields = { throttleOnCpu: true, cpuThresholdPercent: 1, throttleOnIo: true, ioThresholdPercent: 1 };
    const plan = {
      gates: [{ name: 'test', run: 'true' }],
      policy: { maxWorkers: 4, performance: fields },
      items: [1, 2, 3, 4].map((n) => ({ name: `b${n}` })),
    };
    const { report } = await mergePlan(repo, plan);
    expect(report.status).toBe('merged');
    const isKnown = pressureReader()('cpu') !== undefined;
    expect(report.warnings).toHaveLength(isKnown ? 0 : 2);
    for (const name of ['lex_pr_cpu_throttle_seconds_total', 'lex_pr_io_throttle_seconds_total'])
      expect(report.metrics[name]?.value).toBeGreaterThanOrEqual(0);
  });
});

describe('the operation cache', () => {
  it('runs an operation once for each key and lifetime, and counts hits and misses', async () => {
    let now = 0;
    let runs = 0;
    const cache = new OperationCache<number>(3600, true, { now: () => now });
    const read = () => cache.execute('key', async () => ++runs);
    expect(await read()).toBe(1);
    expect(await read()).toBe(1);
    now += 3600 * 1000;
    expect(await read()).toBe(2);
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 2, expired: 1, size: 1 });
  });

  it('makes a second run of an unchanged plan execute no gate', async () => {
    const repo = repositories();
    repo.branches([{ name: 'a' }, { name: 'b', from: 'a' }, { name: 'c' }]);
    const items = [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c' }];
    const path = writePlan(repo, { gates: [{ name: 'test', run: 'true' }], items });
    const run = async (): Promise<Report> =>
      JSON.parse((await runCli(['merge', path, '--json'], { cwd: repo.path })).stdout);
    const executed = (report: Report) =>
      [...report.items, report.integration!]
        .flatMap(({ gates }) => gates)
        .reduce((sum, gate) => sum + gate.attempts, 0);
    expect(executed(await run())).toBeGreaterThan(0);
    const second = await run();
    expect(executed(second)).toBe(0);
    expect(second.status).toBe('merged');
    expect(second.metrics.lex_pr_cache_hits_total?.value).toBeGreaterThanOrEqual(4);
  });
});

describe('the batch processor', () => {
  it('works through 1,000 items in batches of at most 50, one at a time, in order', async () => {
    const items = Array.from({ length: 1000 }, (_, item) => item);
    let inHand = 0;
    let most = 0;
    const done: number[] = [];
    const results = await new BatchProcessor<number>(50).processBatches(
      items,
      async (batch) => {
        inHand += batch.length;
        most = Math.max(most, inHand);
        await Promise.resolve();
        inHand -= batch.length;
        return batch.map((item) => item * 2);
      },
      (_, index) => done.push(index),
    );
    expect(results).toEqual(items.map((item) => item * 2));
    expect(most).toBe(50);
    expect(done).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });
});

describe('the worker pool', () => {
  it('never runs more than maxWorkers of 200 uneven gates at once, and uses all its workers', async () => {
    const repo = repositories();
    const names = Array.from({ length: 200 }, (_, n) => `b${n}`);
    repo.branches(names.map((name) => ({ name })));
    const items = names.map((name, n) => ({
      name,
      gates: [{ name: 'test', run: `sleep 0.0${(n * 7) % 10}; : ${n}` }],
    }));
    const { code, report } = await mergePlan(repo, {
      items,
      policy: { maxWorkers: 16, integration: 'none' },
    });
    expect(code).toBe(0);
    expect(checkReport(report, { items: names.map((name) => ({ name, deps: [] })), maxWorkers: 16 })).toEqual(
      [],
    );
    expect(report.metrics.lex_pr_active_workers?.max).toBeLessThanOrEqual(16);
    expect(new Set(report.items.flatMap(({ gates }) => gates.map(({ lane }) => lane))).size).toBe(16);
  });
});

/** How many gates ran at the same time at most, by the report's own times. */
function mostAtOnce(report: Report): number {
  const changes = report.items
    .flatMap(({ gates }) => gates)
    .filter(({ cached }) => !cached)
    .flatMap(({ startedAt, endedAt }) => [
      { at: Date.parse(startedAt!), by: 1 },
      { at: Date.parse(endedAt!), by: -1 },
    ])
    // One that ends at the millisecond in which the next starts does not overlap with it.
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  return changes.reduce((most, { by }) => {
    now += by;
    return Math.max(most, now);
  }, 0);
}
