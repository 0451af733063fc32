import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { GateOutcome } from '../gates/run-gate';
import type { GateResult } from '../run/messages';
import type { Task } from '../run/workload';
import { artifactsPath } from './gate-files';
import { keyParts } from './gate-key';
import type { PassAbout } from './gate-passes';
import type { GateWork } from './gate-work';
import { keptArtifacts } from './kept-artifacts';

/** A remembered pass. */
export interface GatePass {
  readonly durationMs: number;
  readonly artifacts: readonly string[];
  readonly about?: PassAbout;
}

type Remembering = Pick<
  GateWork,
  'workspace' | 'record' | 'itemNames' | 'passes' | 'lastPasses' | 'shared' | 'toolchains'
>;

/** How a gate has come out, with paths of artifacts below its own folder. */
export type Ran = Pick<
  GateResult,
  'startedAt' | 'endedAt' | 'exitCode' | 'signal' | 'log' | 'artifacts' | 'note' | 'cached' | 'missed'
> & {
  readonly status: GateOutcome['status'];
};

/** Carries what is not to be remembered past the cache, to everybody who waits for the same gate. */
class NotRemembered extends Error {
  constructor(
    readonly ran: Ran,
    readonly artifactFolder: string,
  ) {
    super(ran.status);
  }
}

/** Two lanes that want the same gate on the same content run it once; only a pass is remembered. */
export async function runOnce(
  work: Remembering,
  key: string,
  job: { readonly task: Task; readonly round: number },
  tested: { readonly commit: string; readonly tree: string },
  run: () => Promise<Ran>,
): Promise<Ran> {
  const kept = join(keptArtifacts(work.workspace.home), key);
  const into = artifactFolder(work, job);
  let ran: Ran | undefined;
  const { gate } = job.task;
  const item = job.task.item < 0 ? null : work.itemNames[job.task.item]!;
  const about: PassAbout = { gate: gate.name, item, tree: tested.tree };
  const parts = keyParts(gate, tested, work.toolchains);
  const runAndKeep = async (): Promise<GatePass> => {
    const told = await work.shared?.find(gate, tested);
    if (told !== undefined) {
      work.passes.countFound();
      return { durationMs: told.durationMs, artifacts: [], about };
    }
    const missed = await work.lastPasses.whyMissed(gate.name, item, parts);
    ran = { ...(await run()), missed };
    if (ran.status !== 'pass') throw new NotRemembered(ran, into);
    const artifacts = ran.artifacts ?? [];
    // A pass whose artifacts cannot be kept is a pass; it only is not remembered.
    if (!(await copyFiles(artifacts, into, kept))) throw new NotRemembered(ran, into);
    work.lastPasses.note(gate.name, item, parts);
    const durationMs = ran.endedAt - ran.startedAt;
    await work.shared?.tell(gate, tested, { durationMs });
    return { durationMs, artifacts, about };
  };
  try {
    const pass = await work.passes.execute(key, runAndKeep);
    if (ran !== undefined) return ran;
    if (!(await copyFiles(pass.artifacts, kept, into)))
      return { ...(await run()), missed: ['artifacts-gone'] };
    // Else its own last pass is this one already.
    if (pass.about?.item !== item) work.lastPasses.note(gate.name, item, parts);
    const now = Date.now();
    return {
      status: 'pass',
      cached: true,
      startedAt: now,
      endedAt: now,
      exitCode: 0,
      artifacts: pass.artifacts,
    };
  } catch (error) {
    if (!(error instanceof NotRemembered)) throw error;
    const shared = ran === undefined ? (error.ran.artifacts ?? []) : [];
    return (await copyFiles(shared, error.artifactFolder, into)) ? error.ran : run();
  }
}

/**
 * Only the files that are named: beside them may lie what an attempt before has left.
 * @returns false when that is not possible: one is no longer there, there is no space, its path gets too long
 */
async function copyFiles(paths: readonly string[], from: string, to: string): Promise<boolean> {
  try {
    for (const path of paths) await cp(join(from, path), join(to, path));
    return true;
  } catch {
    return false;
  }
}

/** Where the artifacts of a gate go. */
export const artifactFolder = (
  { record, itemNames }: Pick<GateWork, 'record' | 'itemNames'>,
  { task, round }: { readonly task: Task; readonly round: number },
) => join(record.artifactFolder, artifactsPath(itemNames, task, round));
