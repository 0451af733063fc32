import { downloadBytes } from '../../engine/aws/transfer';
import { parseReport } from '../../report/kept';
import { tailOf } from '../../report/tails';
import type { Cloud } from '../engine';
import type { Io } from '../io';
import type { WhyOptions } from '../why';
import { printWhy } from '../why-text';
import { readReportFile } from './report';

/** Bytes of a log whose end is shown. */
const MAX_LOG = 2 ** 26;

/** `lex-pr why ITEM` on AWS. @returns 0 */
export async function whyOnAws(
  item: string,
  { run, json }: WhyOptions,
  { control }: Cloud,
  io: Io,
): Promise<number> {
  const report = parseReport(await readReportFile(control, run, 'report.json'));
  const tail = async (log: string) => {
    const { files } = await control.logs({ run: report.runId, paths: [log] });
    const [file] = files;
    // What is told is told without it where it is gone, or very long.
    const bytes = file && (await downloadBytes(file.url, MAX_LOG, log).catch(() => undefined));
    return bytes && tailOf(bytes);
  };
  return printWhy(report, item, { json, pathOf: (log) => log, tailOf: tail }, io);
}
