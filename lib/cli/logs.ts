import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCarried } from '../engine/running';
import { stateFile } from '../engine/workspace';
import { refuse } from '../errors';
import { wantedTasks } from '../logs/wanted';
import { orderPlan } from '../plan/order';
import { findHome } from '../repository/home';
import { decodeRecord, type RunRecord } from '../run/record';
import { openRuns } from '../run/sqlite-reader';
import type { RunReader, StoredRun } from '../run/store';
import { createWorkload } from '../run/workload';
import { findRun } from './find-run';
import type { Io } from './io';
import { printLocal } from './logs/local-source';
import { type LogsOptions, printLogs } from './logs/print';
import { ofBegun } from './not-begun';
import { recorded } from './recorded';

/** `lex-pr logs`: prints what gates have printed, attempt by attempt. @returns the exit code */
export async function logs(id: string | undefined, options: LogsOptions, io: Io): Promise<number> {
  const home = await findHome(io.cwd);
  const runs = await openRuns(stateFile(home));
  try {
    const stored = await ofBegun(home, id, () => findRun(runs, id));
    const { record, ordered, load } = recorded(stored.id, () => contextOf(stored));
    const names = ordered.items.map(({ name }) => name);
    const isWanted = wantedTasks({ load, names }, options);
    await refuseReplaced(runs, stored, record);
    const source = {
      runs,
      commits: `${stateFile(home)}-wal`,
      record,
      load,
      ordered,
      isWanted,
      isCarried: () => isCarried(home, stored.id),
    };
    return await printLogs(stored.id, options, io, (printing) =>
      printLocal({ ...source, ...printing }, options.follow ?? false),
    );
  } finally {
    await runs.close();
  }
}

function contextOf({ record: text }: StoredRun) {
  const record = decodeRecord(text);
  const ordered = orderPlan(record.plan);
  return { record, ordered, load: createWorkload(ordered, record.plan.policy, record) };
}

/** Two runs with one `--artifact-dir`: the later one has put its logs in the place of those of the other. */
async function refuseReplaced(
  runs: RunReader,
  { id, createdAt }: StoredRun,
  record: RunRecord,
): Promise<void> {
  const folder = record.artifactFolder;
  const later = (await runs.list()).filter(
    (other) =>
      other.createdAt > createdAt && other.id !== id && JSON.parse(other.record).artifactFolder === folder,
  );
  const owner = await ownerOf(folder);
  // One that was interrupted may have been finished after them.
  const by = later.find(({ endedAt }) => owner !== id || endedAt === undefined);
  if (by !== undefined)
    throw refuse(
      'logs-replaced',
      `the logs of run ${id} are gone: run ${by.id} has written to the same folder, ${folder}`,
      'give each run an --artifact-dir of its own, or none',
    );
}

/** The run whose report lies in a folder. */
async function ownerOf(folder: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')).runId;
  } catch {
    return undefined;
  }
}
