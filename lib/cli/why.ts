import { join } from 'node:path';
import { stateFile } from '../engine/workspace';
import { readKeptReport } from '../report/kept';
import { readTail } from '../report/tails';
import { findHome } from '../repository/home';
import { decodeRecord } from '../run/record';
import { openRuns } from '../run/sqlite-reader';
import { findRun } from './find-run';
import type { Io } from './io';
import { noteNewerRun } from './newer-run';
import { ofBegun } from './not-begun';
import { recorded } from './recorded';
import { printWhy } from './why-text';

export interface WhyOptions {
  readonly run?: string;
  readonly json?: boolean;
}

/** `lex-pr why ITEM`: why an item of a run that has ended was merged or not. @returns 0 */
export async function whyCommand(item: string, { run: id, json }: WhyOptions, io: Io): Promise<number> {
  const home = await findHome(io.cwd);
  const report = await ofBegun(home, id, () => readKeptReport(home, stateFile(home), id));
  if (id === undefined) await noteNewerRun(home, 'why', json ?? false, io);
  const runs = await openRuns(stateFile(home));
  try {
    const run = await findRun(runs, report.runId);
    const { artifactFolder } = recorded(run.id, () => decodeRecord(run.record));
    const pathOf = (log: string) => join(artifactFolder, log);
    return await printWhy(report, item, { json, pathOf, tailOf: (log) => readTail(pathOf(log)) }, io);
  } finally {
    await runs.close();
  }
}
