import type { Metrics } from '../telemetry/lex-pr-metrics';
import { reasonCode } from './advice';
import type { Report } from './report';

/**
 * Counts what became of the items and how long the run took. Where only gates ran, nothing was to be merged; in a dry run
 * nothing is, whatever would be.
 */
export function recordOutcome(metrics: Metrics, report: Omit<Report, 'metrics'>): void {
  for (const item of report.gatesOnly ? [] : report.items) {
    if (item.status === 'merged') metrics.mergeSuccess.add(report.dryRun ? 0 : 1);
    else metrics.mergeFailure.add(1, { reason: reasonCode(item) });
  }
  const seconds = (Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000;
  metrics.runSeconds.observe(seconds, { status: report.status });
}
