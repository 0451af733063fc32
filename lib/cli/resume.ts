import { resolve } from 'node:path';
import { openChecks } from '../engine/checks';
import { openDurations, readForecasts } from '../engine/durations';
import { lanesFor } from '../engine/lanes';
import type { LocalRun } from '../engine/local';
import { orderCached } from '../engine/order-cached';
import { runningRun } from '../engine/running';
import { openWorkspace, stateFile } from '../engine/workspace';
import { refuse } from '../errors';
import { engineFor } from '../gates/container-engine';
import { gatesOf } from '../plan/gates-of';
import { hasHotfix } from '../plan/priority';
import { expectedLengths } from '../prediction/forecast';
import { openHome } from '../repository/home';
import { decodeRecord, type RunRecord } from '../run/record';
import { openSqliteStore } from '../run/sqlite-store';
import { createWorkload } from '../run/workload';
import { createMetrics } from '../telemetry/lex-pr-metrics';
import { makeArtifactFolder } from './artifact-folder';
import { callbackSettings } from './callback-settings';
import { lineFor } from './enter-line';
import { findRun } from './find-run';
import { follow } from './follow';
import type { Io } from './io';
import type { MergeOptions } from './merge';
import { ofBegun } from './not-begun';
import { writeNotes } from './notes';
import { isMachine } from './open-sink';
import { recorded } from './recorded';
import { openShared, sharingOf } from './shared-cache';

/** `lex-pr resume`: goes on where an interrupted run stopped. @returns the exit code of the whole run */
export async function resume(
  id: string | undefined,
  options: Omit<MergeOptions, 'execute' | 'gatesOnly'>,
  io: Io,
): Promise<number> {
  const settings = callbackSettings(io.env);
  const sharing = sharingOf(options, io.env);
  const home = await openHome(io.cwd);
  const found = await ofBegun(home, id, () => findUnfinished(home, id));
  if (runningRun(home) === found.id)
    throw refuse('run-in-progress', `run ${found.id} is going on`, 'see lex-pr status');
  const containerEngine = await engineFor(gatesOf(found.plan), process.env);
  const entry = { run: found.id, target: found.plan.target, hotfix: hasHotfix(found.plan) };
  const workspace = await openWorkspace(io.cwd, found.plan.repository, lineFor(entry, options, io));
  try {
    writeNotes(workspace.notes, isMachine(options), io);
    // While it waited for its turn.
    if ((await workspace.store.find(found.id))?.endedAt !== undefined) throw hasEnded(found.id);
    const record = withLanes(found, options.maxWorkers);
    const metrics = createMetrics();
    const { ordered, orders } = await orderCached(record.plan, workspace.cache, metrics);
    const { policy } = record.plan;
    const durations = openDurations(policy.performance, workspace.cache);
    const lengths = expectedLengths(await readForecasts(durations, ordered, policy));
    const load = createWorkload(ordered, policy, record, lengths);
    const { artifactDir } = options;
    const reportFolder = artifactDir === undefined ? record.artifactFolder : resolve(io.cwd, artifactDir);
    await makeArtifactFolder(reportFolder);
    if (!isMachine(options)) io.stderr.write(`resuming ${inWords(record)}\n`);
    const checks = await openChecks(workspace, record, load, settings);
    try {
      const shared = openShared(sharing, record.plan, isMachine(options), io);
      const run: LocalRun = { workspace, record, ordered, load, checks, containerEngine, shared };
      return await follow(run, { metrics, orders, reportFolder }, options, io);
    } finally {
      await checks?.close();
    }
  } finally {
    await workspace.close();
  }
}

/** Those it began with, unless somebody says otherwise. */
function withLanes({ lanes, adaptive, ...found }: RunRecord, asked: MergeOptions['maxWorkers']): RunRecord {
  return { ...found, ...(asked === undefined ? { lanes, ...(adaptive && { adaptive }) } : lanesFor(asked)) };
}

const hasEnded = (run: string) =>
  refuse('run-ended', `run ${run} has ended`, 'start another with lex-pr merge');

const inWords = ({ id, startedAt, execute, plan }: RunRecord) =>
  `run ${id} of ${new Date(startedAt).toISOString()} ${execute ? `into ${plan.target}` : 'as a dry run'}`;

async function findUnfinished(home: string, id: string | undefined): Promise<RunRecord> {
  const store = openSqliteStore(stateFile(home));
  try {
    const run =
      id === undefined
        ? (await store.list()).find(({ endedAt }) => endedAt === undefined)
        : await findRun(store, id);
    if (run === undefined)
      throw refuse('nothing-to-resume', 'there is no unfinished run here', 'start one with lex-pr merge');
    if (run.endedAt !== undefined) throw hasEnded(run.id);
    return recorded(run.id, () => decodeRecord(run.record));
  } finally {
    await store.close();
  }
}
