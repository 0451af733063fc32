import { join, relative } from 'node:path';
import { placeOf } from '../callbacks/callback';
import { ChangedError } from '../gates/changed-error';
import type { ContainerEngine } from '../gates/container-engine';
import type { EnsureImage } from '../gates/images';
import type { Launcher } from '../gates/launcher';
import { type CommandRunner, type GateRequest, type ProcessRecord, runGate } from '../gates/run-gate';
import { inContainer } from '../gates/run-in-container';
import { endStrays } from '../gates/strays';
import { type Candidates, parentlessCommit } from '../merge/candidate';
import type { OperationCache } from '../performance/operation-cache';
import type { Throttle } from '../performance/throttle';
import type { Gate } from '../plan/plan';
import { type Lane, UnusablePathError } from '../repository/lane';
import { objectFolders } from '../repository/object-folders';
import type { GateResult } from '../run/messages';
import type { RunRecord } from '../run/record';
import type { Task } from '../run/workload';
import { runCheck } from './check-work';
import type { Checks } from './checks';
import { logPath } from './gate-files';
import { gateKey, type Toolchains } from './gate-key';
import { gateVariables } from './gate-variables';
import type { LastPasses } from './last-passes';
import { artifactFolder, type GatePass, type Ran, runOnce } from './remembered-gate';
import type { SharedPasses } from './shared-passes';
import type { Workspace } from './workspace';

export interface GateWork {
  readonly workspace: Workspace;
  readonly record: RunRecord;
  readonly itemNames: readonly string[];
  readonly candidates: Candidates;
  readonly passes: OperationCache<GatePass>;
  readonly lastPasses: LastPasses;
  /** Passes of other engines; undefined where none are asked. */
  readonly shared: SharedPasses | undefined;
  readonly throttle: Throttle;
  readonly toolchains: Toolchains;
  /** By all gates. */
  readonly inherited: Readonly<Record<string, string>>;
  /** For gates that run elsewhere; undefined where there are none. */
  readonly checks: Checks | undefined;
  /** For gates in containers; undefined where there are none. */
  readonly containers: Containers | undefined;
  readonly signal: AbortSignal;
  /** Told when a gate's process starts and ends. */
  readonly onActive: (change: 1 | -1) => void;
  readonly active: () => number;
}

/** What a lane of this machine works with. */
export interface WorkLane {
  readonly number: number;
  /** The work tree; opened where a gate has to run. */
  readonly open: () => Promise<Lane>;
  readonly launcher: Launcher;
}

export interface Containers {
  readonly engine: ContainerEngine;
  readonly ensureImage: EnsureImage;
}

/** The run is being stopped: the work goes back as if it had not begun. */
export class StoppedError extends Error {}

interface Tested {
  readonly commit: string;
  readonly tree: string;
}

/**
 * Runs one attempt of a gate on an item's candidate, or on the woven commit; or finds that the same gate has
 * passed on the same content before.
 * @throws StoppedError when the run is stopped meanwhile
 */
export async function performGate(
  work: GateWork,
  lane: WorkLane,
  job: {
    readonly task: Task;
    readonly index: number;
    readonly attempt: number;
    readonly round: number;
    readonly woven: string;
  },
): Promise<GateResult> {
  const startedAt = Date.now();
  const base = { kind: 'gate', task: job.index, attempt: job.attempt, startedAt } as const;
  const tested = await findTested(work, job.task, job.woven);
  if (tested.kind !== 'clean') return { ...base, ...refusal(tested), endedAt: Date.now() };
  if (tested.empty) return { ...base, outcome: 'empty', candidate: tested.commit, endedAt: Date.now() };

  const key = gateKey(job.task.gate, tested, work.toolchains);
  const run = () => runInLane(work, lane, job, tested);
  const outcome = await (key === undefined ? run() : runOnce(work, key, job, tested, run)).catch(asFailure);
  const { status, ...rest } = outcome;
  if (status === 'stopped') throw new StoppedError();
  const below = relative(work.record.artifactFolder, artifactFolder(work, job));
  const artifacts = rest.artifacts?.map((path) => join(below, path)) ?? [];
  return { ...base, ...rest, artifacts, outcome: status, candidate: tested.commit };
}

/** What cannot be checked out cannot be tested: that is a failure of the item, not of this machine. */
function asFailure(error: unknown): Ran {
  if (!(error instanceof UnusablePathError)) throw error;
  const now = Date.now();
  return { status: 'fail', startedAt: now, endedAt: now, exitCode: null, signal: null, note: error.message };
}

async function findTested(work: GateWork, task: Task, woven: string) {
  if (task.item >= 0) return work.candidates.of(task.item);
  const { tree } = await work.workspace.commits.read(woven);
  return { kind: 'clean', commit: woven, tree, empty: false } as const;
}

function refusal(
  candidate: { kind: 'conflict'; at: number; paths: readonly string[] } | { kind: 'unrelated'; at: number },
) {
  return candidate.kind === 'conflict'
    ? { outcome: candidate.kind, at: candidate.at, paths: candidate.paths }
    : { outcome: candidate.kind, at: candidate.at };
}

async function runInLane(
  work: GateWork,
  lane: WorkLane,
  job: { readonly task: Task; readonly index: number; readonly attempt: number; readonly round: number },
  tested: Tested,
): Promise<Ran> {
  const { gate } = job.task;
  const { workspace, record } = work;
  lane.launcher.prepare();
  const head = gate.cache === 'tree' ? await parentlessCommit(workspace.commits, tested.tree) : tested.commit;
  // One that is proven as the command starts costs this process nothing.
  const opened = await lane.open();
  const sealed = isHere(gate) ? opened.sealed(head, tested.tree) : undefined;
  const workTree = sealed ?? (await opened.checkout(head, tested.tree));
  await work.throttle.admit(work.active, work.signal).catch((error: unknown) => {
    throw work.signal.aborted ? new StoppedError() : error;
  });
  if (work.signal.aborted) throw new StoppedError();
  const log = logPath(work.itemNames, job.task, job.round, job.attempt);
  const started: ProcessRecord[] = [];
  let alone = false;
  work.onActive(1);
  try {
    const request: GateRequest = {
      gate,
      workTree,
      inherited: work.inherited,
      variables: gateVariables(record, work.itemNames, job, tested),
      logFile: join(record.artifactFolder, log),
      artifactsFolder: artifactFolder(work, job),
      signal: work.signal,
      onStart(process) {
        workspace.processes.add(process);
        started.push(process);
      },
      launcher: lane.launcher,
      sealed: sealed !== undefined,
      runIn: gate.runtime === 'container' ? containerRunner(work) : undefined,
    };
    const place = placeOf(job.task, job.index, job.attempt, job.round);
    const outcome =
      gate.runtime === 'ci-service'
        ? await runCheck(work.checks!, place, request)
        : await runGate(request).catch(async (error: unknown) => {
            if (!(error instanceof ChangedError)) throw error;
            const again = await opened.checkout(head, tested.tree);
            return runGate({ ...request, workTree: again, sealed: false });
          });
    const { startedAt, endedAt, exitCode, signal, artifacts, status, note, outputBytes } = outcome;
    alone = outcome.alone;
    return {
      status,
      startedAt,
      endedAt,
      exitCode,
      signal,
      artifacts,
      ...(outputBytes === 0 ? {} : { log }),
      ...(note === undefined ? {} : { note }),
    };
  } finally {
    work.onActive(-1);
    if (!alone) endStrays(opened.folder);
    for (const process of started) workspace.processes.remove(process);
  }
}

/** Whether the command of a gate is a process that the lane's launcher starts. */
const isHere = ({ runtime }: Gate) => runtime !== 'container' && runtime !== 'ci-service';

function containerRunner({ containers, workspace }: GateWork): CommandRunner {
  if (containers === undefined) throw new Error('no containers for this gate');
  const { repository, store } = workspace;
  return inContainer({
    ...containers,
    readOnly: objectFolders(join(repository.gitDir, 'objects')),
    onContainer: (container) => store.containers.add(container),
    onContainerGone: ({ name }) => store.containers.remove(name),
  });
}
