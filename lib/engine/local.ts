import { availableParallelism } from 'node:os';
import { setImmediate as eventLoop } from 'node:timers/promises';
import type { ContainerEngine } from '../gates/container-engine';
import { inheritedEnvironment } from '../gates/environment';
import { openImages } from '../gates/images';
import { type Launcher, openLauncher } from '../gates/launcher';
import { endStrays } from '../gates/strays';
import { createCandidates } from '../merge/candidate';
import type { LoadSampler } from '../performance/load-sampler';
import type { MemoryReading } from '../performance/memory-monitor';
import { OperationCache } from '../performance/operation-cache';
import type { OrderedPlan } from '../plan/order';
import { type Lane, lanesFolder, openLane } from '../repository/lane';
import { requireGit } from '../repository/require-git';
import { verifiedTip } from '../run/bisect';
import { encodeState } from '../run/codec';
import { type Coordinator, createCoordinator } from '../run/coordinator';
import type { Result, RunEvent } from '../run/messages';
import { encodeRecord, type RunRecord } from '../run/record';
import { wastedLanes } from '../run/speculation';
import { lanesWithGates, newState, type RunState, type Work } from '../run/state';
import { start } from '../run/step';
import type { Workload } from '../run/workload';
import { adaptLimit } from './adaptive-limit';
import type { Checks } from './checks';
import { localToolchains } from './gate-key';
import { GATE_PASSES } from './gate-passes';
import { type GateWork, performGate, StoppedError, type WorkLane } from './gate-work';
import { performLanding } from './landing-work';
import { openLastPasses } from './last-passes';
import { performMerge } from './merge-work';
import { recordedOverrides } from './overridable';
import { applyLocalPause } from './pauses';
import type { GatePass } from './remembered-gate';
import { announceRun } from './running';
import type { SharedPasses } from './shared-passes';
import { lanesOf, takeOver } from './take-over';
import { type HeldSeconds, type Load, type LoadOptions, watchLoad } from './watch-load';
import type { Workspace } from './workspace';

/** A run in this process: its lanes are async loops, and a lane without work waits for a settlement. */
export interface LocalRun {
  readonly workspace: Workspace;
  readonly record: RunRecord;
  readonly ordered: OrderedPlan;
  readonly load: Workload;
  /** Undefined for a run without checks that run elsewhere. */
  readonly checks?: Checks | undefined;
  /** Passes that other engines tell of. */
  readonly shared?: SharedPasses | undefined;
  /** What starts the containers of gates that run in one. */
  readonly containerEngine?: ContainerEngine | undefined;
}

export interface RunObserver extends LoadOptions {
  /** As for `adaptLimit`. */
  readonly loadSampler?: LoadSampler;
  /** After every commit. */
  readonly onCommit: (events: readonly RunEvent[], state: RunState) => void;
  /** How many gates run now, and the memory in use; after every start and end of one. */
  readonly onActive: (active: number, memory: MemoryReading) => void;
}

export interface LocalOutcome {
  readonly state: RunState;
  /** False: the run was stopped, and can be resumed. */
  readonly ended: boolean;
  readonly gateCache: ReturnType<OperationCache<GatePass>['stats']>;
  readonly heldSeconds: HeldSeconds;
}

/** Puts the run into the store; nothing has started yet. @returns the state with which it begins */
export async function createRun(run: LocalRun): Promise<RunState> {
  const { record, load, workspace } = run;
  const state0 = newState(load, lanesOf(record, load), record.base);
  const overrides = recordedOverrides(load, record);
  const first = start(load, state0, record.outdated, record.startedAt, overrides);
  const state = encodeState(first.state);
  // Starts git, which the lanes will ask, while the store writes.
  workspace.commits.read(record.base).catch(() => {});
  await workspace.store.create(record.id, encodeRecord(record), state, first.events, record.startedAt);
  return applyLocalPause(workspace.home, workspace.store, record, load);
}

/**
 * Carries a stored run to its end, from wherever it stands. It counts as unfinished until its report is
 * written, which is left to the caller.
 * @throws whatever a lane met that is not an outcome: git or the disk failing. The run can be resumed.
 */
export async function carryOn(
  run: LocalRun,
  observer: RunObserver,
  signal: AbortSignal,
): Promise<LocalOutcome> {
  const { workspace, record, load } = run;
  // Whoever changed it may have died before the run heard of it.
  await applyLocalPause(workspace.home, workspace.store, record, load);
  const watched = watchLoad(record.plan.policy.performance, observer);
  const adaptive =
    record.adaptive &&
    adaptLimit(boundsOf(run), heapOf(watched), () => watched.throttle.held, limitTo, observer.loadSampler);
  const { state, version } = await takeOver(workspace.store, record, load, adaptive?.limit);
  const stopping = new AbortController();
  // What is answered from then on does not count any more.
  stopping.signal.addEventListener('abort', () => void run.checks?.close());
  const work = await prepareGateWork(run, observer, watched, stopping.signal);
  /** By lane: ends what it does, because that is of no use any more. */
  const ends: AbortController[] = [];
  let fault: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    fault ??= { error };
    stop();
  };
  const coordinator = createCoordinator({
    load,
    store: workspace.store,
    run: record.id,
    version,
    state,
    outdated: record.outdated,
    now: Date.now,
    onCommit(events, now) {
      // While it lands, other gates go on: the landing may be faster than the stop.
      if (now.stopping !== undefined && now.phase === 'done') stopping.abort();
      if (events.some(({ event }) => event === 'item'))
        for (const lane of wastedLanes(load, now)) ends[lane]?.abort();
      adaptive?.inHand(lanesWithGates(now));
      observer.onCommit(events, now);
    },
    onFault: fail,
  });
  function limitTo(limit: number, why: string) {
    coordinator.limit(limit, why);
  }
  function stop() {
    adaptive?.stop();
    coordinator.stop();
    stopping.abort();
  }
  const leave = announceRun(workspace.home, record.id, coordinator.refresh);
  // Somebody may have called before.
  coordinator.refresh();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  // Processes of a run that was killed; looked for once, because all processes of the machine are looked at.
  let hasLooked = false;
  const endLeftovers = () => {
    if (!hasLooked) endStrays(lanesFolder(workspace.home, workspace.repository));
    hasLooked = true;
  };
  const { enableCaching } = record.plan.policy.performance;
  const lanes = coordinator.state.lanes.map((_, lane) => {
    const launcher = openLauncher({ recordFile: workspace.processes.fileOf(lane) });
    // Without remembered passes every lane starts gates soon; more of them at once would only wait for processors.
    if (!enableCaching && lane < 2 * availableParallelism()) launcher.prepare();
    return runLane(run, work, coordinator, { number: lane, launcher, endLeftovers }, ends)
      .catch(fail)
      .finally(launcher.close);
  });
  await Promise.all(lanes);
  await work.lastPasses.save();
  leave();
  signal.removeEventListener('abort', stop);
  adaptive?.stop();
  coordinator.stop();
  if (fault !== undefined) throw fault.error;
  const ended = coordinator.state.phase === 'done' && coordinator.state.unfinishedTasks === 0;
  return {
    state: coordinator.state,
    ended,
    gateCache: work.passes.stats(),
    heldSeconds: watched.heldSeconds(),
  };
}

const boundsOf = ({ record, load }: LocalRun) => ({
  cores: availableParallelism(),
  max: lanesOf(record, load),
});

const heapOf = (load: Load) => () => {
  const { heapUsedBytes, thresholdBytes } = load.monitor.look();
  return heapUsedBytes / thresholdBytes;
};

async function prepareGateWork(
  run: LocalRun,
  observer: RunObserver,
  { monitor, throttle }: Load,
  signal: AbortSignal,
): Promise<GateWork> {
  const { workspace, record, ordered, checks, containerEngine: engine } = run;
  const { performance } = record.plan.policy;
  const gitVersion = `git version ${await requireGit()}`;
  let active = 0;
  return {
    workspace,
    record,
    itemNames: ordered.items.map(({ name }) => name),
    candidates: createCandidates({
      git: workspace.repository,
      merge: workspace.merge,
      commits: workspace.commits,
      objects: workspace.objects,
      base: record.base,
      heads: record.heads.map(({ sha }) => sha),
      deps: ordered.deps,
    }),
    passes: new OperationCache<GatePass>(performance.cacheTTLSeconds, performance.enableCaching, {
      store: workspace.cache,
      namespace: GATE_PASSES,
    }),
    lastPasses: openLastPasses(performance, workspace.cache),
    shared: run.shared,
    throttle,
    toolchains: localToolchains(gitVersion),
    inherited: inheritedEnvironment(process.env),
    checks,
    containers: engine && { engine, ensureImage: openImages(engine.cli) },
    signal,
    active: () => active,
    onActive(change) {
      active += change;
      if (change < 0) throttle.workerEnded();
      observer.onActive(active, monitor.look());
    },
  };
}

/** One lane: ask, work, report, until told to end. */
async function runLane(
  run: LocalRun,
  work: GateWork,
  coordinator: Coordinator,
  lane: {
    readonly number: number;
    readonly launcher: Launcher;
    /** To be called before a lane is opened. */
    readonly endLeftovers: () => void;
  },
  ends: AbortController[],
): Promise<void> {
  const { workspace } = run;
  const { home, repository, listTree, treeSource } = workspace;
  let opened: Promise<Lane> | undefined;
  // Where the load decides, or all is known, many lanes never run a gate.
  const open = () => {
    if (opened === undefined) lane.endLeftovers();
    opened ??= openLane(home, repository, listTree, lane.number, lane.launcher, treeSource);
    return opened;
  };
  let results: readonly Result[] = [];
  for (let turn = 1; ; turn += 1) {
    // Where all is known already no turn waits for anything, and no signal would be heard until the end.
    await eventLoop();
    const end = new AbortController();
    ends[lane.number] = end;
    // It waits, or others work: time for what the weave will need.
    if (turn === 2 && !run.load.gatesOnly) workspace.prepareMerge?.();
    const next = await coordinator.next(lane.number, turn, results);
    if (next.kind === 'done') return;
    const signal = AbortSignal.any([work.signal, end.signal]);
    try {
      results = await perform(run, { ...work, signal }, coordinator, { ...lane, open }, next);
    } catch (error) {
      if (!(error instanceof StoppedError)) throw error;
      results = [];
    }
  }
}

async function perform(
  run: LocalRun,
  work: GateWork,
  coordinator: Coordinator,
  lane: WorkLane,
  next: Work,
): Promise<readonly Result[]> {
  const { workspace, record, ordered, load } = run;
  const { state } = coordinator;
  switch (next.kind) {
    case 'gates': {
      const results: Result[] = [];
      for (const { task: index, attempt } of next.tasks) {
        const task = load.tasks[index]!;
        const tip = verifiedTip(state, task);
        if (tip === undefined) throw new Error('there is no woven commit to verify');
        const job = { task, index, attempt, round: state.weave.round, woven: tip.linear };
        results.push(await performGate(work, lane, job));
      }
      return results;
    }
    case 'merge':
      return performMerge(workspace, record, ordered, next);
    case 'land':
      return [await performLanding(workspace, record, next, state.generation)];
    case 'sleep':
      throw new Error('lanes of this engine do not sleep');
  }
}
