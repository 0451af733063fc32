import type { MetricSnapshot, Snapshot } from './metrics';

/**
 * Metrics in the Prometheus text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
 */
export function exposition(snapshot: Snapshot): string {
  return Object.entries(snapshot)
    .flatMap(([name, metric]) => [
      `# HELP ${name} ${metric.help.replace(/[\\\n]/g, escapeCharacter)}\n`,
      `# TYPE ${name} ${metric.type}\n`,
      ...sampleLines(name, metric),
    ])
    .join('');
}

function sampleLines(name: string, metric: MetricSnapshot): string[] {
  if (metric.type !== 'histogram') return metric.values.map(({ labels, value }) => line(name, labels, value));
  return metric.values.flatMap(({ labels, buckets, sum, count }) => [
    ...buckets.map((bucket) => line(`${name}_bucket`, { ...labels, le: String(bucket.le) }, bucket.count)),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, count),
  ]);
}

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(
    ([label, text]) => `${label}="${text.replace(/[\\\n"]/g, escapeCharacter)}"`,
  );
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

function escapeCharacter(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}
