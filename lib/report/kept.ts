import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { refuse } from '../errors';
import { issueWords } from '../issue-words';
import { type FieldPath, formatPath } from '../plan/field-path';
import { openRuns } from '../run/sqlite-reader';
import type { StoredRun } from '../run/store';
import type { Report } from './report';

/** Where the report of a run stays, whatever other folder it was asked for in: later runs write there too. */
export const keptFolder = (home: string, run: string): string => join(home, 'runs', run);

/** As much of a report as is read again: one that a later version wrote may hold more. */
const Kept = z.looseObject({
  runId: z.string(),
  cache: z.record(z.string(), z.looseObject({ hits: z.number(), misses: z.number(), hitRate: z.number() })),
  metrics: z.record(
    z.string(),
    z.looseObject({ values: z.array(z.looseObject({ labels: z.record(z.string(), z.string()) })) }),
  ),
  items: z.array(z.unknown()),
});

/**
 * The report of a run that has ended; by default of the last one.
 * @param stateFile the store's file in `home`
 * @throws InputError when there is no such run, or it has no report (any more)
 */
export async function readKeptReport(
  home: string,
  stateFile: string,
  id: string | undefined,
): Promise<Report> {
  return readKept(home, stateFile, id, 'report.json', parseReport);
}

/** A report from its text. @throws Error when it is none */
export function parseReport(text: string): Report {
  const report: unknown = JSON.parse(text);
  const wrong = Kept.safeParse(report).error?.issues[0];
  if (wrong !== undefined) throw new Error(`${formatPath(wrong.path as FieldPath)}: ${issueWords(wrong)}`);
  return report as Report;
}

/** The same as Markdown. */
export async function readKeptMarkdown(
  home: string,
  stateFile: string,
  id: string | undefined,
): Promise<string> {
  return readKept(home, stateFile, id, 'report.md', (text) => text);
}

async function readKept<T>(
  home: string,
  stateFile: string,
  id: string | undefined,
  name: string,
  parse: (text: string) => T,
): Promise<T> {
  const run = await findEnded(stateFile, id);
  const path = join(keptFolder(home, run.id), name);
  try {
    return parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw refuse(
      'no-report',
      `the report of run ${run.id} cannot be read: ${(error as Error).message}`,
      `it was ${path}; there may be a copy in the --artifact-dir of the run`,
    );
  }
}

async function findEnded(stateFile: string, id: string | undefined): Promise<StoredRun> {
  const store = await openRuns(stateFile);
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
