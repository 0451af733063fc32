import { type MetricSnapshot, Registry, type Snapshot } from './metrics';

/** Upper bounds of the histograms' buckets, in seconds. Fixed: changing one breaks stored series. */
export const BUCKETS = {
  gate: [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600],
  merge: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  resolution: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
  run: [0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400],
} as const;

const PREFIX = 'lex_pr_';

/** Every metric of the product, by what it records; `snapshot` reads them all. */
export type Metrics = ReturnType<typeof createMetrics>;

/** All metrics, at zero. */
export function createMetrics() {
  const registry = new Registry();
  return {
    gateSeconds: registry.histogram(
      `${PREFIX}gate_execution_seconds`,
      'Time a gate ran, by gate and by how it ended.',
      BUCKETS.gate,
      ['gate', 'status'],
    ),
    mergeSeconds: registry.histogram(
      `${PREFIX}merge_execution_seconds`,
      'Time to merge one item into the weave.',
      BUCKETS.merge,
      ['strategy'],
    ),
    resolutionSeconds: registry.histogram(
      `${PREFIX}dependency_resolution_seconds`,
      'Time to find the order of a plan; cached is true when it came from the cache.',
      BUCKETS.resolution,
      ['cached'],
    ),
    memoryBytes: registry.gauge(`${PREFIX}memory_usage_bytes`, 'Heap in use.'),
    activeWorkers: registry.gauge(`${PREFIX}active_workers`, 'Workers at work.'),
    workerLimit: registry.gauge(`${PREFIX}worker_limit`, 'Workers that may be at work at once.'),
    mergeSuccess: registry.counter(`${PREFIX}merge_success_total`, 'Items merged.'),
    mergeFailure: registry.counter(`${PREFIX}merge_failure_total`, 'Items not merged, by reason.', [
      'reason',
    ]),
    cacheHits: registry.counter(`${PREFIX}cache_hits_total`, 'Operations answered from the cache.', [
      'operation',
    ]),
    cacheMisses: registry.counter(
      `${PREFIX}cache_misses_total`,
      'Operations that had to be carried out because the cache had no answer.',
      ['operation'],
    ),
    throttleSeconds: registry.counter(
      `${PREFIX}memory_throttle_seconds_total`,
      'Time for which new work was held back because memory was short.',
    ),
    cpuThrottleSeconds: registry.counter(
      `${PREFIX}cpu_throttle_seconds_total`,
      'Time for which new work was held back because processors were short.',
    ),
    ioThrottleSeconds: registry.counter(
      `${PREFIX}io_throttle_seconds_total`,
      'Time for which new work was held back because disks were busy.',
    ),
    runSeconds: registry.histogram(
      `${PREFIX}run_seconds`,
      'Time from the start of a run to its end, by how it ended.',
      BUCKETS.run,
      ['status'],
    ),
    snapshot: () => registry.snapshot(),
  };
}

/** A metric as JSON output shows it: totals over all labels first, then each combination of labels. */
export type MetricJson = MetricSnapshot & {
  /** Of a counter or gauge. */
  readonly value?: number;
  /** The highest value of a gauge or histogram; after a run `active_workers` is 0 again, this is not. */
  readonly max?: number;
  /** Of a histogram: how many values, their sum and mean (0 without any). */
  readonly count?: number;
  readonly sum?: number;
  readonly mean?: number;
};

/**
 * The `.metrics` object of JSON output: every metric under its name and, as the specification has it,
 * under its name without `lex_pr_`.
 */
export function metricsJson(metrics: Metrics): Readonly<Record<string, MetricJson>> {
  const named = Object.entries(metrics.snapshot()).map(
    ([name, metric]) => [name, withTotals(metric)] as const,
  );
  return Object.fromEntries([
    ...named.map(([name, metric]) => [name.slice(PREFIX.length), metric] as const),
    ...named,
  ]);
}

/** The snapshot within a `.metrics` object, such as a stored report holds, for `exposition`. */
export function snapshotOf(json: Readonly<Record<string, MetricJson>>): Snapshot {
  return Object.fromEntries(Object.entries(json).filter(([name]) => name.startsWith(PREFIX)));
}

function withTotals(metric: MetricSnapshot): MetricJson {
  const { type, help } = metric;
  if (type === 'counter')
    return { type, help, value: total(metric.values, (v) => v.value), values: metric.values };
  const max = metric.values.reduce((highest: number, v) => Math.max(highest, v.max), 0);
  if (type === 'gauge')
    return { type, help, value: total(metric.values, (v) => v.value), max, values: metric.values };
  const count = total(metric.values, (v) => v.count);
  const sum = total(metric.values, (v) => v.sum);
  return { type, help, count, sum, mean: count === 0 ? 0 : sum / count, max, values: metric.values };
}

function total<V>(values: readonly V[], read: (value: V) => number): number {
  return values.reduce((sum, value) => sum + read(value), 0);
}
