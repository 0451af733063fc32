import { heldInWords, reportHeld } from '../../lib/report/held';
import type { RunEvent } from '../../lib/run/messages';

const hold = (at: number): RunEvent => ({ event: 'hold', until: null, why: 'audit', at });
const phase = (at: number, phase: 'land' | 'weave' | 'done'): RunEvent => ({
  ...{ event: 'phase', phase, round: 1, base: 'b', at },
});
const landing = (durationMs: number): RunEvent => ({
  ...{ event: 'result', lane: 0, round: 1, kind: 'land', durationMs },
  result: { kind: 'target-moved', now: 'n' },
});

describe('how long work was held back', () => {
  it('is from the first word of a landing that waits to its end, without the landing, each time', () => {
    const events = [
      ...[phase(0, 'land'), hold(1_000), hold(2_000), landing(500), phase(4_500, 'weave')],
      ...[phase(5_000, 'land'), landing(100), phase(6_000, 'land'), hold(7_000)],
    ];
    expect(reportHeld({ events, endedAt: 9_000 })).toEqual({ landingSeconds: 3 + 2 });
    expect(reportHeld({ events: [phase(0, 'done')], endedAt: 9_000 })).toEqual({ landingSeconds: 0 });
  });

  it('is told by cause, and not where nothing was', () => {
    const heldSeconds = { any: 3, memory: 0, cpu: 2, io: 1.5 };
    const held = reportHeld({ heldSeconds, events: [], endedAt: 0 });
    expect(held.gates).toEqual({ seconds: 3, memory: 0, cpu: 2, io: 1.5 });
    expect(heldInWords({ held: { ...held, landingSeconds: 60 } })).toEqual([
      'gates, for 3.0s (processor 2.0s, disks 1.5s)',
      'the landing, for 1m 00s by a pause or a freeze',
    ]);
    const none = { any: 0, memory: 0, cpu: 0, io: 0 };
    expect(heldInWords({ held: reportHeld({ heldSeconds: none, events: [], endedAt: 0 }) })).toEqual([]);
    expect(heldInWords({})).toEqual([]);
  });
});
