import { setImmediate as eventLoop } from 'node:timers/promises';
import { decodeState, encodeState } from '../../lib/run/codec';
import { createCoordinator } from '../../lib/run/coordinator';
import { openMemoryStore } from '../../lib/run/memory-store';
import type { Answer, GateResult, RunEvent } from '../../lib/run/messages';
import { ItemStatus, newState, type RunState } from '../../lib/run/state';
import { overrideRun, type Step, start, step, stopRun } from '../../lib/run/step';
import { type RunStore, StaleVersionError } from '../../lib/run/store';
import { UNTROUBLED, type World, workloadOf } from '../run/world';

const RUN = 'r';

/** Four items without dependencies, a gate each, which fails once. */
const WORLD: World = {
  deps: [[], [], [], []],
  gates: Array.from({ length: 4 }, () => [{ failures: 1, blocking: true }]),
  ...UNTROUBLED,
  maxAttempts: 2,
  backoffSeconds: 1,
  lanes: 3,
  batchSize: 50,
  execute: false,
  engine: 'local' as const,
};

/** A coordinator over a store in memory, whose commits wait until the test lets them through. */
async function open(lanes = WORLD.lanes, { backoffSeconds }: Pick<World, 'backoffSeconds'> = WORLD) {
  const load = workloadOf({ ...WORLD, lanes, backoffSeconds });
  const first = start(load, newState(load, lanes, 'base'), [], Date.now());
  const memory = openMemoryStore();
  await memory.create(RUN, '', encodeState(first.state), first.events, 0);
  const held: PromiseWithResolvers<void>[] = [];
  const told: (readonly RunEvent[])[] = [];
  const faults: unknown[] = [];
  const meanwhile: (() => Promise<void>)[] = [];
  const store: RunStore = {
    ...memory,
    async read(id) {
      const stored = await memory.read(id);
      await meanwhile.shift()?.();
      return stored;
    },
    async commit(...change) {
      const hold = Promise.withResolvers<void>();
      held.push(hold);
      await hold.promise;
      await memory.commit(...change);
    },
  };
  const coordinator = createCoordinator({
    load,
    store,
    run: RUN,
    version: 1,
    state: first.state,
    outdated: [],
    now: Date.now,
    onCommit: (events) => told.push(events),
    onFault: (error) => faults.push(error),
  });
  const answers: (Answer['work'] | undefined)[] = [];
  return {
    coordinator,
    faults,
    told,
    answers,
    held,
    /** What happens right after the coordinator has read the state the next time. */
    meanwhile,
    events: () => memory.events(RUN),
    /** Another process commits to the same run. */
    async meddle(change: (state: RunState) => Pick<Step, 'state' | 'events'>) {
      const { version, state } = await memory.read(RUN);
      const { state: after, events } = change(decodeState(load, state));
      await memory.commit(RUN, version, encodeState(after), events);
    },
    end: (state: RunState) => stopRun(load, state, ItemStatus.cancelled, 'by me', 7),
    override: (task: number) => (state: RunState) =>
      overrideRun(load, state, { task, user: 'ann', reason: 'known', by: null, at: 7 }, []),
    takeOver: (state: RunState) => step(load, state, [{ kind: 'takeover', lanes }], 7),
    version: async () => (await memory.read(RUN)).version,
    /** A lane's turn; its answer will be in `answers`. */
    turn(lane: number, turn: number, results: readonly GateResult[] = []) {
      answers[lane] = undefined;
      coordinator.next(lane, turn, results).then((work) => {
        answers[lane] = work;
      });
    },
    async commit() {
      held.shift()!.resolve();
      await settle();
    },
    async failCommit(error: Error) {
      held.shift()!.reject(error);
      await settle();
    },
  };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** Everything that follows without further events has happened. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await eventLoop();
}

const kinds = (answers: readonly (Answer['work'] | undefined)[]) => answers.map((work) => work?.kind);

/** The failure of the first attempt of the gate that a lane was given. */
function failed(work: Answer['work'] | undefined): GateResult {
  if (work?.kind !== 'gates') throw new Error('no gate');
  const { task, attempt } = work.tasks[0]!;
  return { kind: 'gate', task, attempt, outcome: 'fail', startedAt: 0, endedAt: 1 };
}

describe('createCoordinator', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('gives no answer before the commit that caused it is in the store', async () => {
    const run = await open();
    run.turn(0, 1);
    await settle();
    expect(run.held).toHaveLength(1);
    expect(run.answers).toEqual([undefined]);
    expect(run.told).toEqual([]);
    await run.commit();
    expect(await run.version()).toBe(2);
    expect(kinds(run.answers)).toEqual(['gates']);
    expect(run.told).toHaveLength(1);
  });

  it('combines turns that arrive while a commit is being written in the next one', async () => {
    const run = await open();
    run.turn(0, 1);
    await settle();
    run.turn(1, 1);
    run.turn(2, 1);
    await settle();
    expect(run.held).toHaveLength(1);
    await run.commit();
    expect(kinds(run.answers)).toEqual(['gates', undefined, undefined]);
    await run.commit();
    expect(kinds(run.answers)).toEqual(['gates', 'gates', 'gates']);
    expect(await run.version()).toBe(3);
    expect(run.held).toEqual([]);
    const tasks = run.answers.map((work) => work?.kind === 'gates' && work.tasks[0]!.task);
    expect(new Set(tasks).size).toBe(3);
  });

  it('a store that fails stops everything with the fault: nobody waits, nothing more is written', async () => {
    const run = await open();
    run.turn(0, 1);
    await settle();
    run.turn(1, 1);
    const error = new Error('disk full');
    await run.failCommit(error);
    expect(run.faults).toEqual([error]);
    expect(kinds(run.answers)).toEqual(['done', 'done']);
    run.turn(2, 1);
    await settle();
    expect(kinds(run.answers)).toEqual(['done', 'done', 'done']);
    expect(run.held).toEqual([]);
    expect(run.told).toEqual([]);
    expect(await run.version()).toBe(1);
  });

  it('stop releases those who wait, and begins no other commit', async () => {
    const run = await open();
    run.turn(0, 1);
    await settle();
    run.turn(1, 1);
    run.coordinator.stop();
    await settle();
    expect(kinds(run.answers)).toEqual(['done', 'done']);
    // What was being written is written; the turn that came after it is not.
    await run.commit();
    expect(await run.version()).toBe(2);
    expect(run.held).toEqual([]);
    expect(run.faults).toEqual([]);
    run.turn(2, 1);
    await settle();
    expect(kinds(run.answers)).toEqual(['done', 'done', 'done']);
  });

  describe('when another process ends the run in the store', () => {
    it('and calls: those who wait are told, once what the others hold has come back', async () => {
      const run = await open(5);
      for (const lane of [0, 1, 2, 3, 4]) run.turn(lane, 1);
      await settle();
      // Those of one turn of the event loop share it.
      await run.commit();
      expect(run.held).toEqual([]);
      expect(kinds(run.answers)).toEqual(['gates', 'gates', 'gates', 'gates', undefined]);
      await run.meddle(run.end);
      run.coordinator.refresh();
      await settle();
      expect(run.coordinator.state).toMatchObject({ phase: 'done', stopping: ItemStatus.cancelled });
      expect(run.told.at(-1)).toContainEqual({
        event: 'stop',
        status: ItemStatus.cancelled,
        why: 'by me',
        at: 7,
      });
      await run.commit();
      for (const lane of [0, 1, 2, 3]) run.turn(lane, 2);
      await settle();
      await run.commit();
      expect(kinds(run.answers)).toEqual(['done', 'done', 'done', 'done', 'done']);
      expect([...run.coordinator.state.items]).toEqual(Array(4).fill(ItemStatus.cancelled));
      expect(run.faults).toEqual([]);
    });

    it('and nobody calls: the next commit finds out, and nothing that it brought starts anything', async () => {
      const run = await open(2);
      run.turn(0, 1);
      await settle();
      await run.commit();
      await run.meddle(run.end);
      run.turn(0, 2, [failed(run.answers[0])]);
      run.turn(1, 1);
      await settle();
      await run.commit();
      await run.commit();
      expect(kinds(run.answers)).toEqual(['done', 'done']);
      expect((await run.events()).filter(({ event }) => event === 'start')).toHaveLength(1);
      expect(run.faults).toEqual([]);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('while a commit is being written: its turns are taken in after the stop', async () => {
      const run = await open(1);
      run.turn(0, 1);
      await settle();
      await run.meddle(run.end);
      run.coordinator.refresh();
      await run.commit();
      await run.commit();
      expect(kinds(run.answers)).toEqual(['done']);
      expect(run.faults).toEqual([]);
      expect(await run.events()).not.toContainEqual(expect.objectContaining({ event: 'start' }));
    });

    it('a call without a change changes nothing', async () => {
      const run = await open();
      run.coordinator.refresh();
      await settle();
      expect(run.held).toEqual([]);
      expect(run.told).toEqual([]);
      expect(await run.version()).toBe(1);
    });
  });

  describe('when other processes override gates in the store', () => {
    it('and call: they are all taken over, one after another, and lanes go on from there', async () => {
      const run = await open(1);
      run.turn(0, 1);
      await settle();
      await run.commit();
      await run.meddle(run.override(1));
      await run.meddle(run.override(2));
      run.coordinator.refresh();
      await settle();
      await run.commit();
      expect(run.coordinator.state.overrides.map(({ task }) => task)).toEqual([1, 2]);
      expect(run.told).toContainEqual(
        expect.arrayContaining([expect.objectContaining({ event: 'override' })]),
      );
      run.turn(0, 2, [failed(run.answers[0])]);
      await settle();
      await run.commit();
      expect(run.answers[0]).toMatchObject({ kind: 'gates', tasks: [{ task: 3 }] });
      expect(run.faults).toEqual([]);
    });

    it('and one more while the coordinator looks: it takes over what it has read, and the rest after that', async () => {
      const run = await open(1);
      run.turn(0, 1);
      await settle();
      await run.commit();
      await run.meddle(run.override(1));
      run.meanwhile.push(() => run.meddle(run.override(2)));
      run.turn(0, 2, [failed(run.answers[0])]);
      for (let commits = 1; commits <= 3; commits += 1) {
        await settle();
        await run.commit();
      }
      expect(run.faults).toEqual([]);
      expect(run.answers[0]).toMatchObject({ kind: 'gates', tasks: [{ task: 3 }] });
    });

    it('and nobody calls: the next commit finds out, and a run that ends after that is ended', async () => {
      const run = await open(1);
      run.turn(0, 1);
      await settle();
      await run.commit();
      await run.meddle(run.override(1));
      await run.meddle(run.end);
      run.turn(0, 2, [failed(run.answers[0])]);
      await settle();
      await run.commit();
      await run.commit();
      expect(kinds(run.answers)).toEqual(['done']);
      expect(run.coordinator.state.overrides).toHaveLength(1);
      expect(run.faults).toEqual([]);
    });
  });

  it.each([
    ['taken over', (run: Opened) => run.meddle(run.takeOver)],
    [
      'ended and taken over',
      async (run: Opened) => {
        await run.meddle(run.end);
        await run.meddle(run.takeOver);
      },
    ],
    [
      'ended, and more has been changed',
      (run: Opened) =>
        run.meddle((state) => {
          const { state: ended, events } = run.end(state);
          return { state: { ...ended, attempts: ended.attempts.with(0, 9) }, events };
        }),
    ],
  ])('a run that somebody else has %s is a fault, and not gone on with', async (_, meddle) => {
    const run = await open();
    await meddle(run);
    run.turn(0, 1);
    await settle();
    await run.commit();
    expect(run.faults).toEqual([expect.any(StaleVersionError)]);
    expect(kinds(run.answers)).toEqual(['done']);
    expect(run.told).toEqual([]);
  });

  it('wakes up once when the earliest backoff ends, and leaves no timer', async () => {
    const run = await open(1);
    run.turn(0, 1);
    await settle();
    await run.commit();
    for (let turn = 2; turn <= 5; turn++) {
      jest.setSystemTime((turn - 2) * 100);
      run.turn(0, turn, [failed(run.answers[0])]);
      await settle();
      await run.commit();
    }
    // All four wait out their backoff, until 1000, 1100, 1200 and 1300 ms.
    expect(run.answers).toEqual([undefined]);
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(699);
    expect(run.held).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(run.held).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
    await run.commit();
    expect(run.answers).toMatchObject([{ kind: 'gates', tasks: [{ attempt: 2 }] }]);
    expect(jest.getTimerCount()).toBe(1);
    run.coordinator.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not wake up before that, however far off it is', async () => {
    const run = await open(1, { backoffSeconds: 3_000_000 });
    run.turn(0, 1);
    await settle();
    await run.commit();
    for (let turn = 2; turn <= 5; turn++) {
      run.turn(0, turn, [failed(run.answers[0])]);
      await settle();
      await run.commit();
    }
    await jest.advanceTimersByTimeAsync(1_000_000_000);
    expect(run.held).toEqual([]);
    expect(jest.getTimerCount()).toBe(1);
    run.coordinator.stop();
  });

  it('gives so many lanes gates as it is told to, from the next commit on', async () => {
    const run = await open();
    run.coordinator.limit(2, 'the machine is busy');
    for (const lane of [0, 1, 2]) run.turn(lane, 1);
    await settle();
    await run.commit();
    expect(kinds(run.answers)).toEqual(['gates', 'gates', undefined]);
    run.coordinator.stop();
    run.coordinator.limit(3, 'it is not any more');
    await settle();
    expect(run.held).toEqual([]);
  });

  it('has no timer when no gate waits out a backoff', async () => {
    const run = await open();
    run.turn(0, 1);
    await settle();
    await run.commit();
    expect(jest.getTimerCount()).toBe(0);
  });
});
