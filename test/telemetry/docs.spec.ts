import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMetrics } from '../../lib/telemetry/lex-pr-metrics';

const TEXT = readFileSync(join(__dirname, '../../docs/monitoring.md'), 'utf8');

/** Every metric once, with all labels, so that the snapshot shows buckets. */
function recorded() {
  const metrics = createMetrics();
  metrics.gateSeconds.observe(1, { gate: 'g', status: 'pass' });
  metrics.mergeSeconds.observe(1, { strategy: 'merge' });
  metrics.resolutionSeconds.observe(1, { cached: 'true' });
  metrics.memoryBytes.set(1);
  metrics.activeWorkers.set(1);
  metrics.workerLimit.set(1);
  metrics.mergeSuccess.add(1);
  metrics.mergeFailure.add(1, { reason: 'r' });
  metrics.cacheHits.add(1, { operation: 'o' });
  metrics.cacheMisses.add(1, { operation: 'o' });
  metrics.throttleSeconds.add(1);
  metrics.cpuThrottleSeconds.add(1);
  metrics.ioThrottleSeconds.add(1);
  metrics.runSeconds.observe(1, { status: 's' });
  return Object.entries(metrics.snapshot());
}

describe('docs/monitoring.md', () => {
  it('lists every metric with its type and labels, and no other', () => {
    const listed = [...TEXT.matchAll(/^\| `(lex_pr_\w+)` +\| (counter|gauge|histogram) +\| ([^|]*?) *\|/gm)];
    expect(listed.map(([, name, type, labels]) => [name, type, labels])).toEqual(
      recorded().map(([name, { type, values }]) => [
        name,
        type,
        Object.keys(values[0]!.labels)
          .map((label) => `\`${label}\``)
          .join(', '),
      ]),
    );
  });

  it('lists the buckets of every histogram', () => {
    const listed = [...TEXT.matchAll(/^\| `(lex_pr_\w+)` +\| ([\d., ]+?) *\|$/gm)];
    expect(listed.map(([, name, bounds]) => [name, bounds])).toEqual(
      recorded().flatMap(([name, metric]) =>
        metric.type === 'histogram'
          ? [
              [
                name,
                metric.values[0]!.buckets.map(({ le }) => le)
                  .slice(0, -1)
                  .join(', '),
              ],
            ]
          : [],
      ),
    );
  });

  it('lists every event that functions log, and no other', () => {
    const sources = ['engine/aws', 'api', 'callbacks']
      .map((folder) => join(__dirname, '../../lib', folder))
      .flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => join(folder, String(file))))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(file, 'utf8'));
    const calls = sources.flatMap((text) => [
      ...text.matchAll(/\blog(?:ger)?(?:\.\w+|\[.*?\])\(\s*'([\w-]+)'/g),
    ]);
    const [, section = ''] = /### Logs of the functions([\s\S]*?)\n### /.exec(TEXT) ?? [];
    const listed = [...section.matchAll(/^\| `([\w-]+)` +\| [a-z]/gm)].map(([, event]) => event!);
    expect(listed.sort()).toEqual([...new Set(calls.map(([, event]) => event!))].sort());
  });
});
