import { stateFile } from '../engine/workspace';
import { readKeptReport } from '../report/kept';
import { metricsText } from '../report/metrics-text';
import { findHome } from '../repository/home';
import type { Io } from './io';
import { noteNewerRun } from './newer-run';
import { ofBegun } from './not-begun';

/**
 * `lex-pr metrics`: prints the metrics of a run that has ended, in the Prometheus text format, or as the
 * `.metrics` object of its report. @returns the exit code
 */
export async function metricsCommand(
  id: string | undefined,
  { json }: { readonly json?: boolean },
  io: Io,
): Promise<number> {
  const home = await findHome(io.cwd);
  const report = await ofBegun(home, id, () => readKeptReport(home, stateFile(home), id));
  if (id === undefined) await noteNewerRun(home, 'metrics', json ?? false, io);
  io.stdout.write(json ? `${JSON.stringify(report.metrics)}\n` : metricsText(report));
  return 0;
}
