import type { GitWorkspace } from '../../../lib/engine/git-workspace';
import { performLanding } from '../../../lib/engine/landing-work';
import { performMerge } from '../../../lib/engine/merge-work';
import { takeOver } from '../../../lib/engine/take-over';
import { createCandidates } from '../../../lib/merge/candidate';
import type { OrderedPlan } from '../../../lib/plan/order';
import { createCoordinator } from '../../../lib/run/coordinator';
import type { GateResult, Result } from '../../../lib/run/messages';
import type { RunRecord } from '../../../lib/run/record';
import { wastedLanes } from '../../../lib/run/speculation';
import type { RunState, Work } from '../../../lib/run/state';
import type { RunStore } from '../../../lib/run/store';
import type { Workload } from '../../../lib/run/workload';

export interface Carried {
  readonly workspace: GitWorkspace;
  readonly store: RunStore;
  readonly record: RunRecord;
  readonly ordered: OrderedPlan;
  readonly load: Workload;
  readonly gate: (
    state: RunState,
    task: { task: number; attempt: number },
    candidates: ReturnType<typeof createCandidates>,
  ) => Promise<GateResult>;
}

export interface Carrying {
  /** The state at the end; never, where the process has died before. */
  readonly ended: Promise<RunState>;
  /** Somebody else has changed the run. */
  refresh(): void;
}

/** One process that goes on with a run, as the local engine does, without work trees and processes. */
export function carryOn(run: Carried): Carrying {
  const { record, load } = run;
  let refresh = () => {};
  const carry = async () => {
    const { state, version } = await takeOver(run.store, record, load);
    const ends: boolean[] = [];
    let fault: (error: unknown) => void;
    const faulty = new Promise<never>((_, reject) => {
      fault = reject;
    });
    const coordinator = createCoordinator({
      load,
      store: run.store,
      run: record.id,
      version,
      state,
      outdated: record.outdated,
      now: Date.now,
      onCommit(events, now) {
        if (events.some(({ event }) => event === 'item'))
          for (const lane of wastedLanes(load, now)) ends[lane] = true;
      },
      onFault: (error) => fault(error),
    });
    refresh = coordinator.refresh;
    coordinator.refresh();
    const lane = async (number: number) => {
      let results: readonly Result[] = [];
      for (let turn = 1; ; turn += 1) {
        ends[number] = false;
        const work = await coordinator.next(number, turn, results);
        if (work.kind === 'done') return;
        const done = await perform(run, coordinator.state, work);
        results = ends[number] ? [] : done;
      }
    };
    await Promise.race([faulty, Promise.all(coordinator.state.lanes.map((_, number) => lane(number)))]);
    coordinator.stop();
    return coordinator.state;
  };
  return { ended: carry(), refresh: () => refresh() };
}

/** What a lane does with its work. */
export async function perform(run: Carried, state: RunState, work: Work): Promise<readonly Result[]> {
  const { workspace, record, ordered, store } = run;
  switch (work.kind) {
    case 'gates': {
      const heads = record.heads.map(({ sha }) => sha);
      const { repository: git, merge, commits } = workspace;
      const candidates = createCandidates({
        git,
        merge,
        commits,
        base: record.base,
        heads,
        deps: ordered.deps,
      });
      const results: Result[] = [];
      for (const task of work.tasks) results.push(await run.gate(state, task, candidates));
      return results;
    }
    case 'merge':
      return performMerge(workspace, record, ordered, work);
    case 'land':
      return [await performLanding({ ...workspace, store }, record, work, state.generation)];
    case 'sleep':
      return [];
  }
}
