import type { Report } from '../report/report';
import { renderSummary } from '../report/summary';
import { ExitCode, type Io } from './io';
import { isMachine, type OutputOptions } from './open-sink';
import { style } from './style';

/**
 * Prints the report of a run that has ended: in words, or all of it as JSON.
 * @param folder the artifact folder
 * @returns the exit code
 */
export function printReport(report: Report, folder: string, options: OutputOptions, { stdout }: Io): number {
  stdout.write(
    isMachine(options)
      ? `${JSON.stringify(report)}\n`
      : `${renderSummary(report, folder, style(stdout)).join('\n')}\n`,
  );
  return report.status === 'merged' ? ExitCode.merged : ExitCode.failed;
}
