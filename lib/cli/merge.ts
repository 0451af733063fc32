import { resolve } from 'node:path';
import { openChecks } from '../engine/checks';
import { openDurations, readForecasts } from '../engine/durations';
import { lanesFor } from '../engine/lanes';
import { createRun, type LocalRun } from '../engine/local';
import { runId } from '../engine/names';
import { orderCached } from '../engine/order-cached';
import { overrideWarnings } from '../engine/override-warnings';
import { withPrediction } from '../engine/predicted';
import { prepareRun } from '../engine/prepare';
import { unwatched } from '../engine/watch-load';
import { openWorkspace } from '../engine/workspace';
import { engineFor } from '../gates/container-engine';
import { gatesOf } from '../plan/gates-of';
import { locating } from '../plan/locate-problems';
import type { Plan } from '../plan/plan';
import { hasHotfix } from '../plan/priority';
import { readPlan } from '../plan/read-plan';
import { expectedLengths } from '../prediction/forecast';
import { userIdentity, userSettings } from '../repository/identity';
import { createWorkload } from '../run/workload';
import { createMetrics } from '../telemetry/lex-pr-metrics';
import { createLogger } from '../telemetry/logger';
import { makeArtifactFolder } from './artifact-folder';
import { callbackSettings } from './callback-settings';
import { userName } from './cancel-reason';
import { type LineOptions, lineFor } from './enter-line';
import { follow } from './follow';
import type { Io } from './io';
import { writeNotes } from './notes';
import { isMachine } from './open-sink';
import { writeOverrideWarnings } from './override';
import { askedOverrides, type OverrideOptions } from './override-option';
import { openShared, type SharedCacheOptions, sharingOf } from './shared-cache';

export interface MergeOptions extends LineOptions, SharedCacheOptions {
  readonly execute?: boolean;
  /** `lex-pr run`. */
  readonly gatesOnly?: boolean;
  readonly artifactDir?: string;
  readonly maxWorkers?: number | 'auto';
}

export type MergeCommandOptions = MergeOptions & OverrideOptions;

/** `lex-pr merge` and `lex-pr run`: from a plan to a report. @returns the exit code */
export async function merge(planPath: string, options: MergeCommandOptions, io: Io): Promise<number> {
  const sharing = sharingOf(options, io.env);
  const plan = await readPlan(planPath, { stdin: io.stdin, cwd: io.cwd, defaultRepository: io.cwd });
  const overrides = askedOverrides(options, plan, userName());
  const settings = callbackSettings(io.env);
  const containerEngine = await engineFor(gatesOf(plan), process.env);
  const id = runId(Date.now(), Math.random());
  const line = lineFor({ run: id, target: plan.target, hotfix: hasHotfix(plan) }, options, io);
  // Asked while all else is opened; what is wrong with it is told where it is needed.
  const user = userSettings();
  user.catch(() => {});
  const workspace = await openWorkspace(io.cwd, plan.repository, line);
  try {
    writeNotes(workspace.notes, isMachine(options), io);
    const metrics = createMetrics();
    const { ordered, orders } = await orderCached(plan, workspace.cache, metrics);
    const startedAt = Date.now();
    const folder =
      options.artifactDir === undefined
        ? defaultFolder(workspace.home, id)
        : resolve(io.cwd, options.artifactDir);
    const { execute = false, gatesOnly = false, maxWorkers = plan.policy.maxWorkers } = options;
    const runOptions = {
      id,
      engine: 'local' as const,
      execute,
      gatesOnly,
      ...lanesFor(maxWorkers),
      artifactFolder: folder,
      startedAt,
      committer: userIdentity(workspace.source, user),
      overrides,
      warnings: unwatched(plan.policy.performance),
    };
    const pinned = await locating(planPath, io.cwd, () =>
      prepareRun(workspace, plan, ordered, runOptions, tellHeads(plan, id, options, io)),
    );
    const durations = openDurations(plan.policy.performance, workspace.cache);
    const forecasts = await readForecasts(durations, ordered, plan.policy);
    const load = createWorkload(ordered, plan.policy, pinned, expectedLengths(forecasts));
    const record = withPrediction(pinned, load, ordered, forecasts);
    await makeArtifactFolder(folder);
    const checks = await openChecks(workspace, record, load, settings);
    try {
      const shared = openShared(sharing, plan, isMachine(options), io);
      const run: LocalRun = { workspace, record, ordered, load, checks, containerEngine, shared };
      const first = await createRun(run);
      const warnings = overrideWarnings(load, ordered, first, first.overrides);
      writeOverrideWarnings(warnings, isMachine(options), io, id);
      return await follow(run, { metrics, orders, reportFolder: folder }, options, io);
    } finally {
      await checks?.close();
    }
  } finally {
    await workspace.close();
  }
}

const MOST_LINES = 20;

/** In ms: what takes less a person need not be told of. */
const PATIENCE = 1000;

/** Progress before the run itself: for scripts of each batch, where there are more than one, for people once it takes long. */
function tellHeads(
  { items, policy }: Plan,
  run: string,
  options: MergeOptions,
  io: Io,
): (found: number) => void {
  if (items.length <= policy.performance.batchSize) return () => {};
  const machine = isMachine(options);
  const format = machine ? 'json' : 'human';
  const logger = createLogger({ format, level: 'info', stream: io.stderr, colour: false });
  let told = 0;
  let toldAt = Date.now();
  return (found) => {
    if (!machine && Date.now() - toldAt < PATIENCE) return;
    // Of a large plan not every batch.
    if (found < items.length && found - told < items.length / MOST_LINES) return;
    told = found;
    toldAt = Date.now();
    const message = `found the heads of ${found} of ${items.length} items`;
    logger.info('heads', message, machine ? { run, found } : {});
  };
}

const defaultFolder = (home: string, id: string) => resolve(home, 'runs', id);
