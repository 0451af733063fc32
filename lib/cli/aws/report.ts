import type { Control } from '../../engine/aws/control-client';
import { downloadText } from '../../engine/aws/transfer';
import { Fault } from '../../errors';
import { parseReport } from '../../report/kept';
import { metricsText } from '../../report/metrics-text';
import type { Cloud } from '../engine';
import type { Io } from '../io';

interface Options {
  readonly json?: boolean;
}

/** `lex-pr report` on AWS; by default of the newest run of the stack that has ended. @returns the exit code */
export async function reportOnAws(
  id: string | undefined,
  { json }: Options,
  { control }: Cloud,
  { stdout }: Io,
): Promise<number> {
  stdout.write(
    json
      ? `${JSON.stringify(parseReport(await readReportFile(control, id, 'report.json')))}\n`
      : await readReportFile(control, id, 'report.md'),
  );
  return 0;
}

/** `lex-pr metrics` on AWS. @returns the exit code */
export async function metricsOnAws(
  id: string | undefined,
  { json }: Options,
  { control }: Cloud,
  { stdout }: Io,
): Promise<number> {
  const report = parseReport(await readReportFile(control, id, 'report.json'));
  stdout.write(json ? `${JSON.stringify(report.metrics)}\n` : metricsText(report));
  return 0;
}

/** Characters of a report, at most. */
const MAX_REPORT = 2 ** 28;

export async function readReportFile(
  control: Pick<Control, 'report'>,
  id: string | undefined,
  name: string,
): Promise<string> {
  // Logs and artifacts come before it.
  const { run, files } = await control.report({ ...(id !== undefined && { run: id }), from: 'report' });
  const file = files.find(({ path }) => path === name);
  if (file === undefined) throw new Fault({ code: 'no-report', message: `run ${run} has no ${name}` });
  return downloadText(file.url, MAX_REPORT, name);
}
