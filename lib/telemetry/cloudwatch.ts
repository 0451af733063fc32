import { type CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Sample } from './samples';

/** Values that one datum holds at most, data that one call holds at most (PutMetricData). */
const MAX_VALUES = 150;
const MAX_DATA = 1_000;
/** Characters that a dimension's value can have. */
const MAX_DIMENSION = 255;

/** Samples as CloudWatch takes them: values of one metric together, each once with its count. */
export function metricData(samples: readonly Sample[], at: Date): MetricDatum[] {
  const series = Map.groupBy(samples, ({ name, unit, dimensions }) =>
    JSON.stringify([name, unit, Object.entries(dimensions).sort()]),
  );
  return [...series.values()].flatMap((same) => {
    const { name, unit, dimensions } = same[0]!;
    const counts = new Map<number, number>();
    for (const { value } of same) counts.set(value, (counts.get(value) ?? 0) + 1);
    const values = [...counts];
    const chunks = Array.from({ length: Math.ceil(values.length / MAX_VALUES) }, (_, k) =>
      values.slice(k * MAX_VALUES, (k + 1) * MAX_VALUES),
    );
    return chunks.map((chunk) => ({
      MetricName: name,
      Unit: unit,
      Timestamp: at,
      Dimensions: Object.entries(dimensions).map(([Name, value]) => ({ Name, Value: dimension(value) })),
      Values: chunk.map(([value]) => value),
      Counts: chunk.map(([, count]) => count),
    }));
  });
}

/** ASCII, not empty, not beginning with a colon (PutMetricData). */
const dimension = (value: string) =>
  value
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/^[:\s]+/, '')
    .slice(0, MAX_DIMENSION) || '?';

/**
 * Sends samples, in one call as long as there are not thousands of series. Metrics are a copy of what the store
 * has: that they cannot be sent is told, and stops nothing.
 */
export async function sendMetrics(
  client: Pick<CloudWatchClient, 'send'>,
  namespace: string,
  samples: readonly Sample[],
  onError: (error: unknown) => void,
): Promise<void> {
  const data = metricData(samples, new Date());
  try {
    for (let at = 0; at < data.length; at += MAX_DATA) {
      const MetricData = data.slice(at, at + MAX_DATA);
      await client.send(new PutMetricDataCommand({ Namespace: namespace, MetricData }));
    }
  } catch (error) {
    onError(error);
  }
}
