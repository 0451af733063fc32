import fc from 'fast-check';
import { pageOfEvents } from '../../../lib/engine/aws/page-of-events';
import type { RunEvent } from '../../../lib/run/messages';
import type { CommittedEvents } from '../../../lib/run/store';

const lost = (at: number, length = 0): RunEvent => ({ event: 'lost', lane: 0, why: 'x'.repeat(length), at });

async function* commitsAfter(commits: readonly CommittedEvents[], version: number) {
  yield* commits.filter((commit) => commit.version > version && commit.events.length > 0);
}

describe('pages of events', () => {
  it('tell every event once and in order, whatever an answer has room for', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat({ max: 60 }), { maxLength: 5 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 400 }),
        async (sizes, bytes) => {
          let count = 0;
          const commits = sizes.map((lengths, k) => ({
            version: k + 1,
            events: lengths.map((length) => lost(count++, length)),
          }));
          const upTo = commits.length;
          const told: RunEvent[] = [];
          let place = { after: 0, told: 0 };
          for (let more = true; more; ) {
            const page = await pageOfEvents(commitsAfter(commits, place.after), { ...place, upTo, bytes });
            if (page.events.length > 1)
              expect(Buffer.byteLength(JSON.stringify(page.events))).toBeLessThanOrEqual(bytes + 1);
            expect(page.events.length > 0 || !page.more).toBe(true);
            told.push(...page.events);
            place = { after: page.version, told: page.told };
            more = page.more;
          }
          expect(told).toEqual(commits.flatMap(({ events }) => events));
          expect(place).toEqual({ after: upTo, told: 0 });
        },
      ),
    ));

  it('leave what came after the last version for the next time', async () => {
    const commits = [1, 2, 3].map((version) => ({ version, events: [lost(version)] }));
    const page = await pageOfEvents(commitsAfter(commits, 1), { after: 1, told: 0, upTo: 2, bytes: 1_000 });
    expect(page).toEqual({ events: [lost(2)], version: 2, told: 0, more: false });
  });

  it('leave out the lists that gates and merges have made', async () => {
    const gate = {
      event: 'result',
      kind: 'gate',
      lane: 0,
      round: 1,
      task: 0,
      attempt: 1,
      outcome: 'pass',
    } as const;
    const merge = {
      event: 'result',
      kind: 'merge',
      lane: 0,
      round: 1,
      item: 0,
      present: false,
      durationMs: 1,
    } as const;
    const times = { startedAt: 1, endedAt: 2 };
    const events: RunEvent[] = [
      { ...gate, ...times, artifacts: ['a'], unlisted: 3, note: 'n' },
      { ...merge, result: { kind: 'conflict', paths: ['a'], with: ['b'] } },
    ];
    const page = await pageOfEvents(commitsAfter([{ version: 1, events }], 0), {
      ...{ after: 0, told: 0, upTo: 1, bytes: 1_000 },
    });
    expect(page.events).toEqual([
      { ...gate, ...times, note: 'n' },
      { ...merge, result: { kind: 'conflict', paths: [], with: [] } },
    ]);
  });
});
