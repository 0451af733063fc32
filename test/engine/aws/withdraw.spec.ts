import { blobKeys } from '../../../lib/engine/aws/blobs';
import { withdraw } from '../../../lib/engine/aws/withdraw';
import { failItem } from '../../../lib/run/items';
import { copyState, ItemStatus, newState, type RunState } from '../../../lib/run/state';
import { stopRun } from '../../../lib/run/step';
import { contextOf } from '../../cost/simulate';

const run = contextOf({ items: 6, lanes: 2, gateSeconds: 1, remembered: 0 });
const { load, record } = run;
const gates = (...tasks: number[]) => ({
  kind: 'gates' as const,
  tasks: tasks.map((task) => ({ task, attempt: 1 })),
});

/** Lane 0 holds several gates, lane 1 one. */
function holding(): RunState {
  const state = newState(load, 2, record.base);
  state.lanes[0] = { turn: 3, work: gates(0, 1, 5), parked: false };
  state.lanes[1] = { turn: 2, work: gates(2), parked: false };
  return state;
}

async function notesOf(before: RunState, after: RunState) {
  const notes = new Map<string, string>();
  await withdraw(
    { blobs: { put: async (key, body) => void notes.set(key, String(body)) } },
    run,
    before,
    after,
  );
  return notes;
}
const note = blobKeys.unwanted(record.id, 1, 0, 3);

describe('a function that runs several gates is told', () => {
  it('which of them a failure has made worthless', async () => {
    const after = holding();
    failItem({ load, state: after, now: 0, events: [] }, 0, ItemStatus.conflict);
    // The item itself and what depends on it; item 5 is in another stack.
    expect(await notesOf(holding(), after)).toEqual(new Map([[note, '[0,1]']]));
  });

  it('that its run is to end', async () => {
    const { state } = stopRun(load, holding(), ItemStatus.cancelled, 'enough', 0);
    expect(await notesOf(holding(), state)).toEqual(new Map([[note, '[0,1,5]']]));
  });

  it('nothing where nothing has changed, or it has been handed the gates just now', async () => {
    const same = holding();
    expect(await notesOf(holding(), same)).toEqual(new Map());
    const stopped = stopRun(load, holding(), ItemStatus.cancelled, 'enough', 0).state;
    expect(await notesOf(stopped, copyState(stopped))).toEqual(new Map());
    const earlier = holding();
    earlier.lanes[0]!.turn = 2;
    expect(await notesOf(earlier, stopped)).toEqual(new Map());
  });
});
