import type { GateResult, LandingResult, Result } from '../../lib/run/messages';
import { ItemStatus, newState, TaskStatus } from '../../lib/run/state';
import { start, step, stopRun } from '../../lib/run/step';
import { UNTROUBLED, type World, workloadOf } from './world';

const WORLD: World = {
  deps: [[], [0]],
  gates: [[{ failures: 0, blocking: true }], []],
  ...UNTROUBLED,
  lanes: 1,
  batchSize: 50,
  execute: true,
  engine: 'local',
};
const { open, waiting, blocked, woven } = ItemStatus;

/** A run with one lane, whose turns are taken by hand. */
function begin(world: Partial<World> = {}) {
  const load = workloadOf({ ...WORLD, ...world });
  let { state } = start(load, newState(load, 1, 'base'), [], 0);
  return {
    items: () => [...state.items],
    tasks: () => [...state.tasks],
    stop() {
      const taken = stopRun(load, state, ItemStatus.cancelled, 'too late', 0);
      state = taken.state;
      return taken.events;
    },
    turn(...results: readonly Result[]) {
      const turn = state.lanes[0]!.turn + 1;
      const taken = step(load, state, [{ kind: 'next', lane: 0, generation: 1, turn, results }], 0);
      state = taken.state;
      return { work: taken.answers[0]?.work, events: taken.events };
    },
  };
}

const gate = (given: Partial<GateResult>): GateResult => ({
  ...{ kind: 'gate', task: 0, attempt: 1, outcome: 'pass', startedAt: 0, endedAt: 0 },
  ...given,
});

describe('the result of a gate', () => {
  it.each([{ task: 1 }, { attempt: 2 }, { attempt: 0 }])(
    'counts for what was handed out only: %j does not, and the gate is handed out again',
    (other) => {
      const run = begin();
      const first = run.turn();
      expect(first.work).toEqual({ kind: 'gates', tasks: [{ task: 0, attempt: 1 }] });
      const again = run.turn(gate(other));
      expect(again.work).toEqual(first.work);
      expect(again.events.map(({ event }) => event)).toEqual(['start']);
      expect(run.items()).toEqual([open, waiting]);
    },
  );

  it('is found beside those of others', () => {
    const run = begin();
    run.turn();
    run.turn(gate({ task: 1, outcome: 'pass' }), gate({ outcome: 'fail' }));
    expect(run.items()).toEqual([ItemStatus.gateFailed, blocked]);
  });

  it.each(['conflict', 'unrelated'] as const)('is a failure of the item where it is %s', (outcome) => {
    const run = begin();
    run.turn();
    const { events } = run.turn(gate({ outcome, at: 0, paths: ['f'] }));
    expect(run.items()).toEqual([ItemStatus[outcome], blocked]);
    expect(run.tasks()[0]).toBe(TaskStatus.skipped);
    expect(events).toContainEqual(expect.objectContaining({ event: 'result', lane: 0, task: 0, outcome }));
  });

  it('of an optional gate does not stand in for one that blocks', () => {
    const run = begin({ gates: [[false, true].map((blocking) => ({ failures: 0, blocking })), []] });
    expect(run.turn().work).toMatchObject({ kind: 'gates', tasks: [{ task: 0 }] });
    expect(run.turn(gate({ task: 0 })).work).toMatchObject({ kind: 'gates', tasks: [{ task: 1 }] });
    expect(run.items()).toEqual([open, waiting]);
    run.turn(gate({ task: 1, outcome: 'fail' }));
    expect(run.items()).toEqual([ItemStatus.gateFailed, blocked]);
  });
});

describe('the result of a landing', () => {
  const tip = { chain: 'w', linear: 'w', tree: 't' };
  const merged = { kind: 'merge', present: false, onto: 't0', durationMs: 0 } as const;
  const landing = (result: LandingResult['result']): Result => ({ kind: 'land', durationMs: 0, result });

  /** Both items are woven, and the landing is handed out. */
  function beginLanding() {
    const run = begin({ gates: [[], []] });
    expect(run.turn().work).toMatchObject({ kind: 'merge', items: [0, 1] });
    const results = [0, 1].map((item): Result => ({ ...merged, item, result: { kind: 'woven', tip } }));
    expect(run.turn(...results).work).toEqual({ kind: 'land', base: 'base', woven: 'w', items: [0, 1] });
    return run;
  }

  it.each<[LandingResult['result'], number]>([
    [{ kind: 'landed', synced: [], warnings: [] }, woven],
    [{ kind: 'target-dirty', files: ['f'] }, ItemStatus.targetDirty],
    [{ kind: 'target-gone' }, ItemStatus.targetGone],
    [{ kind: 'refused', message: 'no' }, ItemStatus.landingRefused],
  ])('ends the run: %j', (result, status) => {
    const run = beginLanding();
    const { work, events } = run.turn(landing(result));
    expect(work).toEqual({ kind: 'done' });
    expect(run.items()).toEqual([status, status]);
    expect(events).toContainEqual(expect.objectContaining({ event: 'result', kind: 'land', result }));
  });

  it('that has landed is not taken back by who stops the run after that', () => {
    const run = beginLanding();
    run.turn(landing({ kind: 'landed', synced: [], warnings: [] }));
    expect(run.stop()).toEqual([]);
    expect(run.items()).toEqual([woven, woven]);
  });

  it('fails those whose head moved, and has the rest woven on the same base', () => {
    const run = beginLanding();
    const { work } = run.turn(landing({ kind: 'head-moved', moved: [{ item: 1, now: undefined }] }));
    expect(run.items()[1]).toBe(ItemStatus.headMoved);
    expect(work).toMatchObject({ kind: 'merge', items: [0], base: 'base' });
  });

  it('has all woven anew where the target is elsewhere, also what the one before had held', () => {
    const run = begin({ gates: [[], []] });
    run.turn();
    const [kept, there] = [0, 1].map((item): Result => {
      const result = item === 0 ? ({ kind: 'woven', tip } as const) : ({ kind: 'nothing' } as const);
      return { ...merged, item, present: item === 1, result };
    });
    expect(run.turn(kept!, there!).work).toMatchObject({ kind: 'land', items: [0] });
    expect(run.items()).toEqual([woven, ItemStatus.present]);
    const { work } = run.turn(landing({ kind: 'target-moved', now: 'other' }));
    expect(work).toMatchObject({ kind: 'merge', items: [0, 1], base: 'other' });
  });
});
