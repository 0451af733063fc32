import { join } from 'node:path';
import { lanesFor } from '../../lib/engine/lanes';
import { carryOn, createRun, type LocalRun } from '../../lib/engine/local';
import type { AskedAtStart } from '../../lib/engine/overridable';
import { prepareRun } from '../../lib/engine/prepare';
import { openWorkspace, type Workspace } from '../../lib/engine/workspace';
import { orderPlan } from '../../lib/plan/order';
import type { Plan } from '../../lib/plan/plan';
import { readPlan } from '../../lib/plan/read-plan';
import { decodeRecord, type RunRecord } from '../../lib/run/record';
import type { RunState } from '../../lib/run/state';
import { createWorkload } from '../../lib/run/workload';
import { type PlanDocument, writePlan } from '../support/cli';
import type { TestRepository } from '../support/repository';

/** Where a process dies: at its k-th commit, from 1, before that is written or before it is answered. */
export interface Death {
  readonly commit: number;
  readonly when: 'before' | 'after';
}

/** Called around each commit, with its number from 1, before the process may die there; it may throw `Died` itself. */
export type Meddle = (commit: number, when: Death['when'], workspace: Workspace) => Promise<void>;

/** Everything ends here, as far as the run is concerned. */
export class Died extends Error {}

/** How a process ended: with the state at the end of the run, or (undefined) by its death. */
export interface Life {
  readonly state: RunState | undefined;
  /** How many commits it wrote. */
  readonly commits: number;
}

export const RUN = '20260101-000000-0000';

/** Begins a run as `lex-pr merge --execute` does. */
export async function begin(
  repo: TestRepository,
  document: PlanDocument,
  death?: Death,
  meddle?: Meddle,
  overrides: readonly AskedAtStart[] = [],
): Promise<Life> {
  const path = writePlan(repo, document);
  const plan = await readPlan(path, { stdin: process.stdin, cwd: repo.path, defaultRepository: repo.path });
  return live(repo, plan.repository, { death, meddle }, async (workspace) => {
    const ordered = orderPlan(plan);
    const record = await prepareRun(workspace, plan, ordered, {
      id: RUN,
      execute: true,
      engine: 'local',
      gatesOnly: false,
      ...lanesFor(plan.policy.maxWorkers),
      artifactFolder: join(repo.root, 'artifacts'),
      startedAt: 1_700_000_000_000,
      overrides,
    });
    const run = runOf(workspace, record, plan);
    await createRun(run);
    return run;
  });
}

/** Goes on with the run as `lex-pr resume` does. */
export function goOn(repo: TestRepository, death?: Death, meddle?: Meddle): Promise<Life> {
  return live(repo, repo.path, { death, meddle }, async (workspace) => {
    const record = decodeRecord((await workspace.store.find(RUN))!.record);
    return runOf(workspace, record, record.plan);
  });
}

function runOf(workspace: Workspace, record: RunRecord, plan: Plan): LocalRun {
  const ordered = orderPlan(plan);
  return { workspace, record, ordered, load: createWorkload(ordered, plan.policy, record) };
}

/** One process: opens the folder, carries the run as far as it gets, and leaves. */
async function live(
  repo: TestRepository,
  repository: string,
  { death, meddle }: { readonly death: Death | undefined; readonly meddle?: Meddle | undefined },
  open: (workspace: Workspace) => Promise<LocalRun>,
): Promise<Life> {
  const workspace = await openWorkspace(repo.path, repository);
  let commits = 0;
  let dead = false;
  const die = (when: Death['when']) => {
    dead ||= death?.when === when && death.commit === commits;
    if (dead) throw new Died();
  };
  const store: Workspace['store'] = {
    ...workspace.store,
    async commit(...change) {
      commits += 1;
      const commit = commits;
      await meddle?.(commit, 'before', workspace);
      die('before');
      await workspace.store.commit(...change);
      await meddle?.(commit, 'after', workspace);
      die('after');
    },
  };
  const observer = { onCommit() {}, onActive() {} };
  try {
    const run = await open({ ...workspace, store });
    const { state } = await carryOn(run, observer, new AbortController().signal);
    return { state, commits };
  } catch (error) {
    if (error instanceof Died) return { state: undefined, commits };
    throw error;
  } finally {
    await workspace.close();
  }
}
