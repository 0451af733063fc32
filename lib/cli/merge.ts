import { resolve } from 'node:path';
import { createRun, type LocalRun } from '../engine/local';
import { runId } from '../engine/names';
import { orderCached } from '../engine/order-cached';
import { prepareRun } from '../engine/prepare';
import { openWorkspace } from '../engine/workspace';
import { readPlan } from '../plan/load';
import { createWorkload } from '../run/workload';
import { createMetrics } from '../telemetry/lex-pr-metrics';
import { makeArtifactFolder } from './artifact-folder';
import { type FollowOptions, follow } from './follow';
import type { Io } from './io';

export interface MergeOptions extends FollowOptions {
  readonly execute?: boolean;
  /** `lex-pr run`. */
  readonly gatesOnly?: boolean;
  readonly artifactDir?: string;
  readonly maxWorkers?: number;
}

/** `lex-pr merge` and `lex-pr run`: from a plan to a report. @returns the exit code */
export async function merge(planPath: string, options: MergeOptions, io: Io): Promise<number> {
  const plan = await readPlan(planPath, { stdin: io.stdin, cwd: io.cwd, defaultRepository: io.cwd });
  const workspace = await openWorkspace(io.cwd, plan.repository);
  try {
    const metrics = createMetrics();
    const { ordered, orders } = await orderCached(plan, workspace.cache, metrics);
    const startedAt = Date.now();
    const id = runId(startedAt, Math.random());
    const folder =
      options.artifactDir === undefined
        ? defaultFolder(workspace.home, id)
        : resolve(io.cwd, options.artifactDir);
    const { execute = false, gatesOnly = false, maxWorkers: lanes = plan.policy.maxWorkers } = options;
    const record = await prepareRun(workspace, plan, ordered, {
      id,
      execute,
      gatesOnly,
      lanes,
      artifactFolder: folder,
      startedAt,
    });
    const run: LocalRun = { workspace, record, ordered, load: createWorkload(ordered, plan.policy, record) };
    await makeArtifactFolder(folder);
    await createRun(run);
    return await follow(run, { metrics, orders, reportFolder: folder }, options, io);
  } finally {
    await workspace.close();
  }
}

const defaultFolder = (home: string, id: string) => resolve(home, 'runs', id);
