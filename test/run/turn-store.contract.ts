import { randomBytes } from 'node:crypto';
import type { GateResult, RunEvent } from '../../lib/run/messages';
import { StaleVersionError } from '../../lib/run/store';
import type { TurnStore } from '../../lib/run/turn-store';

const call = (lane: number, generation: number, turn: number, attempt: number) => ({
  lane,
  generation,
  turn,
  attempt,
});
const inbox = (id: ReturnType<typeof call>, name = 'call', by = 'f') => ({
  ...id,
  call: name,
  by,
  results: [],
  lost: undefined,
});
const result = (task: number): GateResult => ({
  kind: 'gate',
  task,
  attempt: 1,
  outcome: 'pass',
  startedAt: 1,
  endedAt: 2,
});
const event = (item: number): RunEvent => ({ event: 'item', item, status: 1, at: item });

/** What every store through which lanes take their turns promises, beside what every store of runs does. */
export function describeTurnStore(
  name: string,
  open: () => Promise<{ store: TurnStore; remove: () => Promise<void> }>,
): void {
  describe(`${name} turn store`, () => {
    let store: TurnStore;
    let remove: () => Promise<void>;
    beforeEach(async () => {
      ({ store, remove } = await open());
      await store.create('r1', 'record', 'state 1', [], 100);
    });
    afterEach(() => remove());

    it('gives back the state, every lane’s call and every lane’s results, by lane', async () => {
      const full = { ...inbox(call(10, 1, 4, 2)), results: [result(3)], lost: 'killed' };
      expect(await store.putInbox('r1', full)).toBe('first');
      expect(await store.putInbox('r1', inbox(call(9, 1, 1, 1)))).toBe('first');
      await store.putResults('r1', { lane: 2, generation: 1, turn: 3, results: [result(1), result(2)] });
      expect(await store.readTurns('r1')).toEqual({
        version: 1,
        state: 'state 1',
        changedAt: expect.any(Number),
        inboxes: [
          { ...inbox(call(9, 1, 1, 1)), parked: undefined },
          { ...full, parked: undefined },
        ],
        results: [{ lane: 2, generation: 1, turn: 3, results: [result(1), result(2)] }],
      });
    });

    it('knows when the state was changed last, which nothing else changes', async () => {
      const { changedAt } = await store.readTurns('r1');
      await store.putInbox('r1', inbox(call(0, 1, 1, 1)));
      expect((await store.readTurns('r1')).changedAt).toBe(changedAt);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await store.commit('r1', 1, 'state 2', []);
      expect((await store.readTurns('r1')).changedAt).toBeGreaterThan(changedAt);
    });

    it('has no turns of a run that it does not know', async () => {
      await expect(store.readTurns('r9')).rejects.toThrow('r9');
    });

    // From the oldest to the newest.
    const order = [
      call(0, 1, 9, 1),
      call(0, 1, 10, 1),
      call(0, 1, 2, 20),
      call(0, 1, 3, 20),
      call(0, 2, 1, 1),
    ];
    it('lets a newer call replace an older one, and never the other way round', async () => {
      for (const [k, id] of order.entries()) {
        expect(await store.putInbox('r1', inbox(id, `token ${k}`))).toBe('first');
        for (const older of order.slice(0, k)) expect(await store.putInbox('r1', inbox(older))).toBe('late');
        expect((await store.readTurns('r1')).inboxes).toMatchObject([{ ...id, call: `token ${k}` }]);
      }
    });

    it('takes a call that comes twice, and says whether it comes from two functions', async () => {
      expect(await store.putInbox('r1', inbox(order[1]!))).toBe('first');
      expect(await store.putInbox('r1', inbox(order[1]!))).toBe('first');
      expect(await store.putInbox('r1', inbox(order[1]!, 'call', 'g'))).toBe('again');
      expect((await store.readTurns('r1')).inboxes).toMatchObject([{ by: 'g' }]);
      expect(await store.putInbox('r1', inbox(order[2]!, 'call', 'h'))).toBe('first');
    });

    it('gives back what some lanes have put down', async () => {
      for (const lane of [9, 2, 10, 11]) await store.putInbox('r1', inbox(call(lane, 1, 1, 1)));
      const from = async (first: number, last: number) =>
        (await store.readInboxes('r1', { from: first, to: last })).map(({ lane, call }) => `${lane} ${call}`);
      expect(await from(3, 10)).toEqual(['9 call', '10 call']);
      expect(await from(2, 2)).toEqual(['2 call']);
      expect(await from(3, 8)).toEqual([]);
      await store.putResults('r1', { lane: 2, generation: 1, turn: 1, results: [] });
      await store.putResults('r1', { lane: 9, generation: 1, turn: 1, results: [] });
      const { version, state, inboxes, results } = await store.readTurns('r1', { from: 9, to: 10 });
      expect({ version, state }).toEqual({ version: 1, state: 'state 1' });
      expect([inboxes, results].map((rows) => rows.map(({ lane }) => lane))).toEqual([[9, 10], [9]]);
      await expect(store.readTurns('r9', { from: 0, to: 1 })).rejects.toThrow('r9');
    });

    it('keeps the results that came first for a turn until those of a later turn come', async () => {
      const put = (generation: number, turn: number, task: number) =>
        store.putResults('r1', { lane: 0, generation, turn, results: [result(task)] });
      const kept = async () => (await store.readTurns('r1')).results[0]!.results;
      await put(1, 10, 1);
      await put(1, 10, 2);
      await put(1, 9, 3);
      expect(await kept()).toEqual([result(1)]);
      await put(1, 11, 4);
      expect(await kept()).toEqual([result(4)]);
      await put(2, 1, 5);
      await put(1, 12, 6);
      expect(await kept()).toEqual([result(5)]);
    });

    it('notes that a call has parked, unless a newer one, or the same with another token, is there', async () => {
      const parked = async () => (await store.readTurns('r1')).inboxes[0]!.parked;
      const [older, newer] = [call(0, 1, 2, 1), call(0, 1, 2, 2)];
      await store.putInbox('r1', inbox(older, 'a'));
      await store.putInbox('r1', inbox(newer, 'a'));
      await store.putInbox('r1', inbox(newer, 'b'));
      expect(await store.setParked('r1', { ...older, call: 'b' }, 'token')).toBe(false);
      expect(await store.setParked('r1', { ...newer, call: 'a' }, 'token')).toBe(false);
      expect(await store.setParked('r1', { ...newer, lane: 1, call: 'b' }, 'token')).toBe(false);
      expect(await parked()).toBeUndefined();
      expect(await store.setParked('r1', { ...newer, call: 'b' }, 'token')).toBe(true);
      expect(await parked()).toBe('token');
      expect(await store.setParked('r1', { ...newer, call: 'b' }, undefined)).toBe(true);
      expect(await parked()).toBeUndefined();
      await store.setParked('r1', { ...newer, call: 'b' }, 'token');
      await store.putInbox('r1', inbox(call(0, 1, 3, 3), 'b'));
      expect(await parked()).toBeUndefined();
    });

    it('lets exactly one of many concurrent commits win, with its events alone', async () => {
      const commits = Array.from({ length: 8 }, (_, k) => store.commit('r1', 1, `state of ${k}`, [event(k)]));
      const outcomes = await Promise.allSettled(commits);
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
      for (const [k, outcome] of outcomes.entries())
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StaleVersionError);
        else expect(k).toBe(winner);
      expect(await store.readTurns('r1')).toMatchObject({ version: 2, state: `state of ${winner}` });
      expect(await store.events('r1')).toEqual([event(winner)]);
    });

    it('lets exactly one of many concurrent creations win', async () => {
      const creations = Array.from({ length: 5 }, (_, k) =>
        store.create('r2', `record ${k}`, `state ${k}`, [event(k)], k),
      );
      const outcomes = await Promise.allSettled(creations);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
      expect(await store.find('r2')).toMatchObject({ record: `record ${winner}`, createdAt: winner });
      expect(await store.read('r2')).toEqual({ version: 1, state: `state ${winner}` });
      expect(await store.events('r2')).toEqual([event(winner)]);
    });

    it('keeps a detail as it was first put, of any length', async () => {
      const large = randomBytes(1_500_000).toString('base64');
      await store.putDetail('r1', 'large', large);
      await store.putDetail('r1', 'large', 'other');
      await store.putDetail('r1', 'lar', 'small');
      await store.putDetail('r1', 'lar', large);
      expect((await store.getDetail('r1', 'large')) === large).toBe(true);
      expect(await store.getDetail('r1', 'lar')).toBe('small');
      expect(await store.getDetail('r1', 'la')).toBeUndefined();
      expect(await store.getDetail('r2', 'large')).toBeUndefined();
    });

    it('keeps one of two details that are put at once, whole', async () => {
      const texts = [1, 2].map((k) => `${k}${randomBytes(400_000).toString('base64')}`);
      await Promise.all(texts.map((text) => store.putDetail('r1', 'd', text)));
      const kept = await store.getDetail('r1', 'd');
      expect(texts.some((text) => text === kept)).toBe(true);
    });

    it('keeps what does not compress: a state, a record, events, results', async () => {
      const [state, record, lost] = [900_000, 900_000, 400_000].map((n) => randomBytes(n).toString('base64'));
      const noted: RunEvent = { event: 'result', lane: 0, round: 1, ...result(1), note: state! };
      await store.create('r2', record!, state!, [noted], 1);
      await store.commit('r2', 1, lost!, [noted]);
      await store.putInbox('r2', { ...inbox(call(0, 1, 1, 1)), lost });
      const turns = await store.readTurns('r2');
      expect(turns.state === lost && turns.inboxes[0]!.lost === lost).toBe(true);
      expect((await store.find('r2'))?.record === record).toBe(true);
      expect(JSON.stringify(await store.events('r2')) === JSON.stringify([noted, noted])).toBe(true);
    });
  });
}
