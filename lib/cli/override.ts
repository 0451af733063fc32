import { mergeCommand } from '../engine/merge-command';
import { overrideGate } from '../engine/override-run';
import { overrideWarnings } from '../engine/override-warnings';
import { callRun, isCarried, runningRun } from '../engine/running';
import { stateFile } from '../engine/workspace';
import { orderPlan } from '../plan/order';
import { openHome } from '../repository/home';
import { decodeRecord } from '../run/record';
import { openSqliteStore } from '../run/sqlite-store';
import type { RunStore, StoredRun } from '../run/store';
import { createWorkload } from '../run/workload';
import { userName } from './cancel-reason';
import { findRun } from './find-run';
import { ExitCode, type Io } from './io';
import { ofBegun } from './not-begun';
import { writeNotes } from './notes';
import { recorded } from './recorded';

export interface OverrideCommandOptions {
  readonly gate: string;
  readonly user: string;
  readonly reason: string;
  readonly run?: string;
  readonly json?: boolean;
}

/**
 * `lex-pr override`: counts a gate of an item as passed. A process that carries the run goes on from there; of one
 * that was interrupted `resume` does. @returns 0
 */
export async function override(item: string, options: OverrideCommandOptions, io: Io): Promise<number> {
  const { gate, user, reason, json = false } = options;
  const home = await openHome(io.cwd);
  const store = openSqliteStore(stateFile(home));
  try {
    const run = await ofBegun(home, options.run, () =>
      options.run === undefined ? currentRun(home, store) : findRun(store, options.run),
    );
    const record = recorded(run.id, () => decodeRecord(run.record));
    const ordered = orderPlan(record.plan);
    const load = createWorkload(ordered, record.plan.policy, record);
    const asked = { item, gate, user, reason, by: userName() };
    const { state, task } = await overrideGate({
      store,
      record,
      ordered,
      load,
      asked,
      anew: mergeCommand,
      now: Date.now,
    });
    callRun(home);
    const next = isCarried(home, run.id) ? '' : `; go on with lex-pr resume ${run.id}`;
    io.stdout.write(overriddenText(run.id, { item, gate, user }, next, json));
    writeOverrideWarnings(overrideWarnings(load, ordered, state, [{ task }]), json, io, run.id);
    return ExitCode.merged;
  } finally {
    await store.close();
  }
}

/** What either engine prints. */
export function overriddenText(
  run: string,
  { item, gate, user }: Pick<OverrideCommandOptions, 'gate' | 'user'> & { readonly item: string },
  next: string,
  json: boolean,
): string {
  if (json) return `${JSON.stringify({ runId: run, item, gate, user, status: 'overridden' })}\n`;
  return `run ${run}: ${gate} of ${item} counts as passed, ${user} answers for it${next}\n`;
}

/** What either engine warns of. */
export function writeOverrideWarnings(warnings: readonly string[], json: boolean, io: Io, run: string): void {
  const notes = warnings.map((message) => ({ event: 'override-verified', message, warn: true }));
  writeNotes(notes, json, io, { run });
}

/** The one that runs, else the last one that was interrupted, else the last one. */
async function currentRun(home: string, store: RunStore): Promise<StoredRun> {
  const current = runningRun(home);
  const runs = (await store.list()).filter(({ endedAt }) => endedAt === undefined);
  return runs.find(({ id }) => id === current) ?? runs[0] ?? findRun(store, undefined);
}
