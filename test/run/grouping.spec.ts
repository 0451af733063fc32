import fc from 'fast-check';
import type { Gate } from '../../lib/plan/plan';
import { GROUP_MS, groupSize, mostAtOnce, numberNames } from '../../lib/run/grouping';
import { newState, type Work } from '../../lib/run/state';
import { start, step } from '../../lib/run/step';
import { UNTROUBLED, workloadOf } from './world';

const lengths = fc.array(fc.option(fc.nat({ max: 2 * GROUP_MS }), { nil: undefined }), { minLength: 1 });
const sum = (values: readonly (number | undefined)[]) => values.reduce((a: number, b) => a + (b ?? 0), 0);

describe('the gates that a lane is handed at once', () => {
  it('are predicted to take no longer than they may altogether, but for one that is longer by itself', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 100 }), (line, most) => {
        const group = line.slice(0, groupSize(line, most));
        expect(group.length).toBeGreaterThanOrEqual(1);
        expect(group.length).toBeLessThanOrEqual(most);
        if (group.length > 1) {
          expect(sum(group)).toBeLessThanOrEqual(GROUP_MS);
          expect(group).not.toContain(undefined);
        }
      }),
    );
  });

  it('are as many as that leaves room for', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 100 }), (line, most) => {
        const size = groupSize(line, most);
        const [first, next] = [line[0], line[size]];
        const isFull = size === most || size === line.length || first === undefined || next === undefined;
        expect(
          isFull || sum(line.slice(0, size + 1)) > GROUP_MS || sum(line.slice(0, size)) === GROUP_MS,
        ).toBe(true);
      }),
    );
  });

  it('are looked at no further than needed', () => {
    const read: number[] = [];
    function* line() {
      for (const ms of [9_000, 9_000, 9_000, 9_000]) {
        read.push(ms);
        yield ms;
      }
    }
    expect([groupSize(line(), 50), read.length]).toEqual([2, 3]);
  });

  it.each([
    [1_000, 16, 100, 63],
    [1_000, 16, 50, 50],
    [15, 16, 100, 1],
    [0, 4, 100, 1],
  ])('of %i that are ready on %i lanes in batches of %i are at most %i', (ready, lanes, batch, most) => {
    expect(mostAtOnce(ready, lanes, batch)).toBe(most);
  });
});

describe('the names of gates whose lengths are learnt', () => {
  it('are the 64 most frequent ones, numbered from the first on; others have no number', () => {
    const often = Array.from({ length: 64 }, (_, k) => `often-${k}`);
    const names = [...often.map((_, k) => `once-${k}`), ...often, ...often];
    const numbers = numberNames(names.map((name) => ({ name }) as Gate));
    const all = [...often.keys()];
    expect(numbers).toEqual([...all.map(() => -1), ...all, ...all]);
  });
});

describe('a run on AWS', () => {
  const pass = { failures: 0, blocking: true };
  const world = (gates: number, lanes: number, engine: 'aws' | 'local' = 'aws') => ({
    ...UNTROUBLED,
    ...{ deps: [[]], gates: [Array.from({ length: gates }, () => pass)], lanes, batchSize: 50 },
    ...{ execute: true, engine },
  });
  /**
   * One lane takes its turns; each gate takes so long.
   * @param known how long they have taken before, in ms
   * @returns how many gates it got each time
   */
  function turns(
    of: ReturnType<typeof world>,
    ms: number,
    {
      lost = [],
      known,
      runtime = 'local',
    }: { lost?: number[]; known?: number; runtime?: Gate['runtime'] } = {},
  ) {
    const load = workloadOf(of);
    const tasks = load.tasks.map((task) => ({ ...task, gate: { ...task.gate, runtime } }));
    // One name for all.
    const named = { ...load, tasks, nameOf: tasks.map(() => 0), lengthOf: tasks.map(() => known) };
    let { state } = start(named, newState(named, of.lanes, 'base'), [], 0);
    const sizes: number[] = [];
    let work: Work | undefined;
    for (let turn = 1; turn < 100; turn += 1) {
      const isLost = lost.includes(turn);
      const tasks = work?.kind === 'gates' && !isLost ? work.tasks : [];
      const results = tasks.map(
        ({ task, attempt }) =>
          ({ kind: 'gate', task, attempt, outcome: 'pass', startedAt: 0, endedAt: ms }) as const,
      );
      const next = { kind: 'next', lane: 0, generation: 1, turn, results } as const;
      const taken = step(named, state, [isLost ? { ...next, lost: 'killed' } : next], 0);
      state = taken.state;
      const answer = taken.answers.find(({ lane }) => lane === 0)?.work;
      if (answer?.kind !== 'gates') break;
      work = answer;
      sizes.push(answer.tasks.length);
    }
    return sizes;
  }

  it('hands out one gate as long as nothing is known, then as many short ones as are its share', () => {
    expect(turns(world(22, 2), 1_000)).toEqual([1, 11, 5, 3, 1, 1]);
  });

  it('hands out so many that they take their time', () => {
    expect(turns(world(22, 1), 5_000)).toEqual([1, 4, 4, 4, 4, 4, 1]);
    expect(turns(world(5, 1), GROUP_MS)).toEqual([1, 1, 1, 1, 1]);
  });

  it('hands out alone what was lost with its worker: it may be the one that was to blame', () => {
    expect(turns(world(6, 1), 1_000, { lost: [3] })).toEqual([1, 5, 1, 1, 1, 1, 1]);
  });

  it('hands out alone what runs elsewhere, such as in a build, however short it is', () => {
    expect(turns(world(3, 1), 1_000, { known: 1_000, runtime: 'container' })).toEqual([1, 1, 1]);
  });

  it('is unlike one on one machine, which hands out one gate at a time', () => {
    expect(turns(world(3, 1, 'local'), 1_000)).toEqual([1, 1, 1]);
    expect(turns(world(3, 1), 1_000, { known: 1_000 })).toEqual([3]);
    expect(turns(world(3, 1, 'local'), 1_000, { known: 1_000 })).toEqual([1, 1, 1]);
  });
});
