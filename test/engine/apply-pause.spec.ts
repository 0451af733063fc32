import { applyPause, isLanding } from '../../lib/engine/apply-pause';
import { decodeState, encodeState } from '../../lib/run/codec';
import { openMemoryStore } from '../../lib/run/memory-store';
import type { RunRecord } from '../../lib/run/record';
import { newState, type Pause, type RunState } from '../../lib/run/state';
import { start, step } from '../../lib/run/step';
import { UNTROUBLED, type World, workloadOf } from '../run/world';

const RUN = 'r';
const WORLD: World = {
  ...{ deps: [[]], gates: [[{ failures: 0, blocking: true }]], ...UNTROUBLED },
  ...{ maxAttempts: 1, backoffSeconds: 0, lanes: 1, batchSize: 50, execute: true, engine: 'local' as const },
};
const ANN = { why: 'by ann: wait' };

async function open(execute = true) {
  const load = workloadOf({ ...WORLD, execute });
  const first = start(load, newState(load, 1, 'base'), [], 0);
  const store = openMemoryStore();
  await store.create(RUN, '', encodeState(first.state), first.events, 0);
  const state = async () => decodeState(load, (await store.read(RUN)).state);
  /** @param looks what holds landings, at each look; the last one from then on */
  const apply = async (...looks: (Pause | undefined)[]) => {
    const pauseNow = async () => (looks.length > 1 ? looks.shift() : looks[0]);
    const record = { id: RUN, execute } as RunRecord;
    return applyPause({ store, load, record, pauseNow, now: () => 7 });
  };
  const told = async () => (await store.events(RUN)).filter(({ event }) => event.endsWith('pause'));
  return { load, store, state, apply, told };
}

describe('the pause of a target, applied to a run', () => {
  it('is committed once, and so is its end', async () => {
    const { apply, state, told } = await open();
    for (let time = 0; time < 2; time += 1) expect((await apply(ANN)).paused).toEqual(ANN);
    expect((await state()).paused).toEqual(ANN);
    for (let time = 0; time < 2; time += 1) expect((await apply(undefined)).paused).toBeUndefined();
    expect((await told()).map(({ event }) => event)).toEqual(['pause', 'unpause']);
  });

  it('does not stay where it was ended between the look at it and the commit', async () => {
    const { apply, state } = await open();
    await apply(ANN, undefined);
    expect((await state()).paused).toBeUndefined();
  });

  it('outlives a commit of the run that comes in between', async () => {
    const { apply, load, state, store, told } = await open();
    const { read } = store;
    store.read = async (id) => {
      const found = await read(id);
      store.read = read;
      const call = { kind: 'next', lane: 0, generation: 1, turn: 1, results: [] } as const;
      const next = step(load, decodeState(load, found.state), [call], 1);
      await store.commit(id, found.version, encodeState(next.state), next.events);
      return found;
    };
    await apply(ANN);
    const { paused, lanes } = await state();
    expect([paused, lanes[0]!.turn]).toEqual([ANN, 1]);
    expect(await told()).toHaveLength(1);
  });

  it('does not concern a run that moves no ref', async () => {
    const { apply, told } = await open(false);
    expect((await apply(ANN)).paused).toBeUndefined();
    expect(await told()).toEqual([]);
  });
});

it('a landing has begun once a lane has it', () => {
  const state = (phase: RunState['phase'], busy: boolean) => ({ phase, weave: { busy } }) as RunState;
  expect(isLanding(state('land', true))).toBe(true);
  expect(isLanding(state('land', false))).toBe(false);
  expect(isLanding(state('weave', true))).toBe(false);
});
