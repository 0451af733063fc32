import { changeRun } from '../../lib/run/change-run';
import { encodeState } from '../../lib/run/codec';
import { openMemoryStore } from '../../lib/run/memory-store';
import { newState } from '../../lib/run/state';
import { pauseRun } from '../../lib/run/step';
import { UNTROUBLED, workloadOf } from './world';

const load = workloadOf({
  ...{ deps: [], gates: [], ...UNTROUBLED },
  ...{ lanes: 1, batchSize: 1, execute: true, engine: 'local' },
});

async function open() {
  const store = openMemoryStore();
  await store.create('r', '', encodeState(newState(load, 1, 'base')), [], 0);
  return store;
}

describe('a change of a run from outside', () => {
  it('says which version it has made, and which it has left as it was', async () => {
    const store = await open();
    const made = await changeRun(store, 'r', load, (state) => pauseRun(load, state, { why: 'lunch' }, 1));
    expect(made).toMatchObject({ version: 2, events: [{ event: 'pause', why: 'lunch' }] });
    expect((await store.read('r')).version).toBe(2);
    const left = await changeRun(store, 'r', load, () => undefined);
    expect(left).toEqual({ version: 2, events: [], state: made.state });
  });

  it('is asked for once, and fails, where the store fails', async () => {
    const store = await open();
    let asked = 0;
    const commit = () => Promise.reject(new Error('disk full'));
    const changed = changeRun({ read: store.read, commit }, 'r', load, (state) => {
      asked += 1;
      return asked > 1 ? undefined : { state, events: [] };
    });
    await expect(changed).rejects.toThrow('disk full');
    expect(asked).toBe(1);
  });
});
