import { exposition } from '../telemetry/exposition';
import { type MetricJson, snapshotOf } from '../telemetry/lex-pr-metrics';
import type { Report } from './report';

/** The metrics of a run in the Prometheus text format; what `metrics.prom` beside the report holds. */
export function metricsText({ metrics }: Pick<Report, 'metrics'>): string {
  // The report's schema leaves the samples open; they are those of `metricsJson`.
  return exposition(snapshotOf(metrics as Readonly<Record<string, MetricJson>>));
}
