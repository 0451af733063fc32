import { type RunStatus, runStatus } from '../engine/run-status';
import { runningRun } from '../engine/running';
import { stateFile } from '../engine/workspace';
import { findHome } from '../repository/home';
import { openRuns } from '../run/sqlite-reader';
import { findRun } from './find-run';
import type { Io } from './io';
import { ofBegun } from './not-begun';
import { recorded } from './recorded';
import { statusText } from './status-text';

/** `lex-pr status`. @returns the exit code */
export async function status(
  id: string | undefined,
  options: { readonly json?: boolean },
  io: Io,
): Promise<number> {
  const home = await findHome(io.cwd);
  const found = await ofBegun(home, id, () => readStatus(home, id));
  io.stdout.write(
    options.json ? `${JSON.stringify(found)}\n` : statusText(found, `lex-pr resume ${found.runId}`),
  );
  return 0;
}

async function readStatus(home: string, id: string | undefined): Promise<RunStatus> {
  const store = await openRuns(stateFile(home));
  try {
    const run = await findRun(store, id);
    const { state } = await store.read(run.id);
    const alive = run.endedAt === undefined && runningRun(home) === run.id;
    const events = alive ? await store.events(run.id) : [];
    return recorded(run.id, () => runStatus(run, state, alive, events));
  } finally {
    await store.close();
  }
}
