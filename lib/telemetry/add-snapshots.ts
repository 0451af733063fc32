import type { CounterSample, GaugeSample, HistogramSample, MetricSnapshot, Snapshot } from './metrics';

/**
 * Metrics of several sources together: counters, gauges and buckets add up by name and labels, highest values are
 * the highest of all. Histograms of one name have the same buckets.
 */
export function addSnapshots(snapshots: readonly Snapshot[]): Snapshot {
  const sums = new Map<string, MetricSnapshot>();
  for (const snapshot of snapshots)
    for (const [name, metric] of Object.entries(snapshot)) {
      const sum = sums.get(name);
      sums.set(name, sum === undefined ? metric : addMetric(sum, metric));
    }
  return Object.fromEntries(sums);
}

/** The same without what only holds at a moment: gauges are 0. */
export function withoutGauges(snapshot: Snapshot): Snapshot {
  const kept = Object.entries(snapshot).map(([name, metric]) => [
    name,
    metric.type === 'gauge'
      ? { ...metric, values: metric.values.map((sample) => ({ ...sample, value: 0, max: 0 })) }
      : metric,
  ]);
  return Object.fromEntries(kept);
}

/** What labels beyond the limit are called. */
export const OTHER = 'other';

/**
 * The same with at most `limit` combinations of labels for each metric, the first ones; what has others is added up
 * under the label values `other`. Names come from plans, and a store or a scraper cannot keep all there ever were.
 */
export function withFewLabels(snapshot: Snapshot, limit: number): Snapshot {
  const kept = Object.entries(snapshot).map(([name, metric]) => {
    if (metric.values.length <= limit) return [name, metric];
    const isOther = ({ labels }: CounterSample) => Object.values(labels).every((value) => value === OTHER);
    const named = (metric.values as readonly CounterSample[]).filter((sample) => !isOther(sample));
    const rest = (metric.values as readonly CounterSample[]).filter(isOther);
    const others = [...named.slice(limit - 1), ...rest].map((sample) => ({
      ...sample,
      labels: Object.fromEntries(Object.keys(sample.labels).map((label) => [label, OTHER])),
    }));
    const first = { ...metric, values: named.slice(0, limit - 1) } as MetricSnapshot;
    return [
      name,
      others.reduce((sum, one) => addMetric(sum, { ...metric, values: [one] } as MetricSnapshot), first),
    ];
  });
  return Object.fromEntries(kept);
}

function addMetric(a: MetricSnapshot, b: MetricSnapshot): MetricSnapshot {
  if (a.type === 'counter' && b.type === 'counter')
    return { ...a, values: addSamples(a.values, b.values, addCounters) };
  if (a.type === 'gauge' && b.type === 'gauge')
    return { ...a, values: addSamples(a.values, b.values, addGauges) };
  if (a.type === 'histogram' && b.type === 'histogram')
    return { ...a, values: addSamples(a.values, b.values, addHistograms) };
  throw new TypeError(`a ${a.type} and a ${b.type} do not add up`);
}

function addSamples<S extends { readonly labels: Readonly<Record<string, string>> }>(
  a: readonly S[],
  b: readonly S[],
  add: (x: S, y: S) => S,
): S[] {
  const sums = new Map(a.map((sample) => [keyOf(sample.labels), sample]));
  for (const sample of b) {
    const key = keyOf(sample.labels);
    const known = sums.get(key);
    sums.set(key, known === undefined ? sample : add(known, sample));
  }
  return [...sums.values()];
}

const keyOf = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).sort(([x], [y]) => (x < y ? -1 : 1)));

const addCounters = (x: CounterSample, y: CounterSample): CounterSample => ({
  ...x,
  value: x.value + y.value,
});

const addGauges = (x: GaugeSample, y: GaugeSample): GaugeSample => ({
  ...addCounters(x, y),
  max: Math.max(x.max, y.max),
});

const addHistograms = (x: HistogramSample, y: HistogramSample): HistogramSample => ({
  labels: x.labels,
  count: x.count + y.count,
  sum: x.sum + y.sum,
  max: Math.max(x.max, y.max),
  buckets: x.buckets.map(({ le, count }, k) => ({ le, count: count + y.buckets[k]!.count })),
});
