import { type Cancelling, cancelRun } from '../../lib/engine/cancel-run';
import { land } from '../../lib/merge/land';
import { decodeState, encodeState, mayLand } from '../../lib/run/codec';
import { openMemoryStore } from '../../lib/run/memory-store';
import type { RunRecord } from '../../lib/run/record';
import { ItemStatus, newState, type RunState } from '../../lib/run/state';
import { start, step, stopRun } from '../../lib/run/step';
import { makeLanding, makeRepository } from '../merge/landing-world';
import { UNTROUBLED, type World, workloadOf } from '../run/world';

const WORLD: World = {
  deps: [[], [0]],
  gates: [[{ failures: 0, blocking: true }], [{ failures: 0, blocking: true }]],
  ...UNTROUBLED,
  lanes: 1,
  batchSize: 50,
  execute: true,
  engine: 'local',
};

/** A run in a store in memory; the repository cannot be opened. */
async function open(execute: boolean) {
  const load = workloadOf({ ...WORLD, execute });
  const store = openMemoryStore();
  const first = start(load, newState(load, 1, 'base'), [], 0);
  await store.create('r', '', encodeState(first.state), first.events, 0);
  const stopped: string[] = [];
  const cancelling: Cancelling = {
    store,
    record: { id: 'r', execute, plan: { target: 'main' } } as RunRecord,
    load,
    why: 'by me',
    git: async () => {
      throw new Error('no repository');
    },
    onStopped: async () => void stopped.push((await store.read('r')).state),
    now: () => 5,
  };
  const read = async () => decodeState(load, (await store.read('r')).state);
  return {
    store,
    load,
    stopped,
    cancelling,
    read,
    cancel: () => cancelRun(cancelling),
    async change(how: (state: RunState) => RunState) {
      const { version, state } = await store.read('r');
      await store.commit('r', version, encodeState(how(decodeState(load, state))), []);
    },
  };
}

describe('cancelRun', () => {
  it('writes the stop, tells of it, and needs no repository where nothing was to land', async () => {
    const run = await open(false);
    expect(await run.cancel()).toBe('cancelled');
    const state = await run.read();
    expect(state).toMatchObject({ phase: 'done', stopping: ItemStatus.cancelled });
    expect(run.stopped.map((text) => decodeState(run.load, text).stopping)).toEqual([ItemStatus.cancelled]);
    const events = await run.store.events('r');
    expect(events).toContainEqual({ event: 'stop', status: ItemStatus.cancelled, why: 'by me', at: 5 });
  });

  it('again, writes nothing, but tells again: whoever asked before may have died before that', async () => {
    const run = await open(false);
    await run.cancel();
    const { version } = await run.store.read('r');
    expect(await run.cancel()).toBe('cancelled');
    expect((await run.store.read('r')).version).toBe(version);
    expect(run.stopped).toHaveLength(2);
  });

  it('goes on from whatever the run has committed meanwhile, and loses nothing of it', async () => {
    const run = await open(false);
    let busy = 3;
    const store: Cancelling['store'] = {
      read: run.store.read,
      async commit(...change) {
        if (busy-- > 0) await run.change((state) => ({ ...state, generation: state.generation + 1 }));
        await run.store.commit(...change);
      },
    };
    expect(await cancelRun({ ...run.cancelling, store })).toBe('cancelled');
    expect(await run.read()).toMatchObject({ generation: 4, stopping: ItemStatus.cancelled });
  });

  it('is not acknowledged where the fence cannot be moved, but the run ends all the same', async () => {
    const run = await open(true);
    await expect(run.cancel()).rejects.toThrow('no repository');
    expect(run.stopped).toHaveLength(1);
    expect(await run.read()).toMatchObject({ phase: 'done', stopping: ItemStatus.cancelled });
  });

  it('keeps a landing that asks from then on from going on, as a take-over does', async () => {
    const run = await open(true);
    await run.change((state) => ({ ...state, phase: 'land' }));
    const stored = async () => (await run.store.read('r')).state;
    expect(mayLand(await stored(), 1)).toBe(true);
    expect(mayLand(await stored(), 2)).toBe(false);
    await expect(run.cancel()).rejects.toThrow('no repository');
    expect(await run.read()).toMatchObject({ phase: 'land', stopping: ItemStatus.cancelled });
    expect(mayLand(await stored(), 1)).toBe(false);
  });

  it('is too late where the landing was faster, though its answer is not there yet', async () => {
    const repo = makeRepository();
    try {
      const { landing, source, privateRepository } = await makeLanding(repo);
      const run = await open(true);
      const tip = { chain: landing.woven, linear: landing.woven };
      await run.change((state) => ({ ...state, phase: 'land', weave: { ...state.weave, tip } }));
      const cancelling = { ...run.cancelling, git: async () => ({ source, repository: privateRepository }) };
      expect(await cancelRun(cancelling)).toBe('cancelled');
      await land(landing);
      expect(await cancelRun(cancelling)).toBe('too-late');
    } finally {
      repo.remove();
    }
  });

  it.each([
    ['has landed', (state: RunState): RunState => ({ ...state, phase: 'done' })],
    [
      'was ended by a fault',
      (state: RunState) => stopRun(workloadOf(WORLD), state, ItemStatus.engineFault, 'a fault', 1).state,
    ],
  ])('is too late for a run that %s, and changes nothing', async (_, how) => {
    const run = await open(true);
    await run.change(how);
    const before = await run.store.read('r');
    expect(await run.cancel()).toBe('too-late');
    expect(await run.store.read('r')).toEqual(before);
    expect(run.stopped).toEqual([]);
  });

  it('a take-over after it keeps the stop', async () => {
    const run = await open(false);
    await run.cancel();
    await run.change((state) => step(run.load, state, [{ kind: 'takeover', lanes: 2 }], 6).state);
    expect(await run.read()).toMatchObject({ generation: 2, phase: 'done', stopping: ItemStatus.cancelled });
    expect([...(await run.read()).items]).toEqual([ItemStatus.cancelled, ItemStatus.cancelled]);
  });
});
