import { exposition } from '../../lib/telemetry/exposition';
import { BUCKETS, createMetrics, metricsJson, snapshotOf } from '../../lib/telemetry/lex-pr-metrics';
import { readPrometheusText } from './prometheus-text';

/** The design's table: name, type, labels. */
const TABLE: [string, string, string[]][] = [
  ['lex_pr_gate_execution_seconds', 'histogram', ['gate', 'status']],
  ['lex_pr_merge_execution_seconds', 'histogram', ['strategy']],
  ['lex_pr_dependency_resolution_seconds', 'histogram', ['cached']],
  ['lex_pr_memory_usage_bytes', 'gauge', []],
  ['lex_pr_active_workers', 'gauge', []],
  ['lex_pr_worker_limit', 'gauge', []],
  ['lex_pr_merge_success_total', 'counter', []],
  ['lex_pr_merge_failure_total', 'counter', ['reason']],
  ['lex_pr_cache_hits_total', 'counter', ['operation']],
  ['lex_pr_cache_misses_total', 'counter', ['operation']],
  ['lex_pr_memory_throttle_seconds_total', 'counter', []],
  ['lex_pr_cpu_throttle_seconds_total', 'counter', []],
  ['lex_pr_io_throttle_seconds_total', 'counter', []],
  ['lex_pr_run_seconds', 'histogram', ['status']],
];

/** Every metric, recorded once or more. */
function recorded() {
  const metrics = createMetrics();
  metrics.gateSeconds.observe(2, { gate: 'test', status: 'pass' });
  metrics.gateSeconds.observe(4, { gate: 'test', status: 'pass' });
  metrics.gateSeconds.observe(0.3, { gate: 'say "hi"\n', status: 'fail' });
  metrics.mergeSeconds.observe(0.004, { strategy: 'merge' });
  metrics.resolutionSeconds.observe(0.0003, { cached: 'true' });
  metrics.memoryBytes.set(80_000_000);
  metrics.memoryBytes.set(60_000_000);
  metrics.activeWorkers.add(1);
  metrics.activeWorkers.add(1);
  metrics.activeWorkers.add(-2);
  metrics.workerLimit.set(4);
  metrics.mergeSuccess.add(3);
  metrics.mergeFailure.add(1, { reason: 'conflict' });
  metrics.mergeFailure.add(2, { reason: 'gate-failed' });
  metrics.cacheHits.add(1, { operation: 'merge-order' });
  metrics.cacheMisses.add(1, { operation: 'gate' });
  metrics.throttleSeconds.add(0.4);
  metrics.cpuThrottleSeconds.add(1);
  metrics.ioThrottleSeconds.add(0);
  metrics.runSeconds.observe(12, { status: 'merged' });
  return metrics;
}

describe('metrics of lex-pr', () => {
  it('are those of the table, in the format of Prometheus', () => {
    const read = readPrometheusText(exposition(recorded().snapshot()));
    const found = [...read].map(([name, { type, samples }]) => [
      name,
      type,
      Object.keys(samples[0]!.labels).filter((label) => label !== 'le'),
    ]);
    expect(found).toEqual(TABLE);
    for (const { help } of read.values()) expect(help).toMatch(/^[A-Z].*\.$/);
  });

  it('show a person totals and peaks under the names with and without lex_pr_', () => {
    const json = metricsJson(recorded());
    expect(Object.keys(json).sort()).toEqual(
      TABLE.flatMap(([name]) => [name, name.replace('lex_pr_', '')]).sort(),
    );
    expect(json.active_workers).toMatchObject({ type: 'gauge', value: 0, max: 2 });
    expect(json.memory_usage_bytes).toMatchObject({ value: 60_000_000, max: 80_000_000 });
    expect(json.merge_failure_total).toMatchObject({ type: 'counter', value: 3 });
    expect(json.gate_execution_seconds).toMatchObject({ type: 'histogram', count: 3, max: 4, mean: 2.1 });
    expect(json.gate_execution_seconds!.sum).toBeCloseTo(6.3);
    for (const [name] of TABLE) expect(json[name]).toEqual(json[name.replace('lex_pr_', '')]);
  });

  it('survive JSON: what is stored in a report gives the same text', () => {
    const metrics = recorded();
    const stored = JSON.parse(JSON.stringify(metricsJson(metrics)));
    expect(exposition(snapshotOf(stored))).toBe(exposition(metrics.snapshot()));
  });

  it('have no mean and no maximum other than 0 before the first observation', () => {
    expect(metricsJson(createMetrics()).run_seconds).toMatchObject({ count: 0, sum: 0, mean: 0, max: 0 });
  });

  it('have ascending buckets', () => {
    for (const bounds of Object.values(BUCKETS)) expect([...bounds].sort((a, b) => a - b)).toEqual(bounds);
  });
});
