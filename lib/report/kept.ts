import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refuse } from '../errors';
import { openSqliteStore } from '../run/sqlite-store';
import type { StoredRun } from '../run/store';
import type { Report } from './report';

/** Where the report of a run stays, whatever other folder it was asked for in: later runs write there too. */
export const keptFolder = (home: string, run: string): string => join(home, 'runs', run);

export interface KeptReport {
  readonly report: Report;
  /** The text of report.md. */
  readonly markdown: string;
}

/**
 * The report of a run that has ended; by default of the last one.
 * @param stateFile the store's file in `home`
 * @throws InputError when there is no such run, or it has no report (any more)
 */
export async function readKeptReport(
  home: string,
  stateFile: string,
  id: string | undefined,
): Promise<KeptReport> {
  const run = await findEnded(stateFile, id);
  const folder = keptFolder(home, run.id);
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  try {
    return { report: JSON.parse(await read('report.json')), markdown: await read('report.md') };
  } catch (error) {
    throw refuse('no-report', `the report of run ${run.id} cannot be read: ${(error as Error).message}`);
  }
}

async function findEnded(stateFile: string, id: string | undefined): Promise<StoredRun> {
  const store = openSqliteStore(stateFile);
  try {
    const runs = await store.list();
    const known = runs.map((run) => run.id).join(', ');
    const run = runs.find(id === undefined ? ({ endedAt }) => endedAt !== undefined : (run) => run.id === id);
    if (run === undefined && runs.length === 0)
      throw refuse('no-runs', 'there has been no run here', 'start one with lex-pr merge');
    if (run === undefined && id !== undefined)
      throw refuse('unknown-run', `there is no run ${id} here`, `runs: ${known}`);
    if (run?.endedAt === undefined)
      throw refuse(
        'no-report',
        `run ${run?.id ?? runs[0]!.id} has not ended`,
        'see lex-pr status; a run that was interrupted goes on with lex-pr resume',
      );
    return run;
  } finally {
    await store.close();
  }
}
