import fc from 'fast-check';
import { reportExecutions } from '../../lib/report/executions';
import type { RunEvent } from '../../lib/run/messages';
import type { RunState } from '../../lib/run/state';
import type { Workload } from '../../lib/run/workload';
import { createMetrics, metricsJson } from '../../lib/telemetry/lex-pr-metrics';
import { recordEvents } from '../../lib/telemetry/record-events';

/** Gates 0 and 1 of an item, 2 in quarantine, 3 of the weave and 4 of a probe. */
const load = {
  tasks: [0, 0, 0, -1, -1].map((item, task) => ({
    item,
    gate: { name: `gate${task}`, flaky: task === 2 ? 'quarantine' : undefined },
  })),
} as unknown as Workload;
/** Somebody answers for gate 1. */
const state = { overrides: [{ task: 1 }] } as unknown as RunState;
const result = (task: number, outcome: string, round = 1, cached = false) =>
  ({ event: 'result', kind: 'gate', task, outcome, round, cached, startedAt: 0, endedAt: 500 }) as RunEvent;
const count = (events: readonly RunEvent[]) => reportExecutions(load, state, events);

describe('executions', () => {
  it('are all of those of a run that evicts: of the first weave, of probes, of attempts', () => {
    const events = [
      result(0, 'fail'),
      result(0, 'pass'),
      result(1, 'fail'),
      result(2, 'fail'),
      result(3, 'fail'),
      result(4, 'timeout', 2),
      result(3, 'pass', 3),
      result(0, 'pass', 3, true),
      result(1, 'conflict'),
    ];
    expect(count(events)).toEqual({
      ran: 7,
      failed: 5,
      triedAgain: 1,
      quarantined: 1,
      overridden: 1,
      cached: 1,
      seconds: 3.5,
    });
  });

  it('are as many as the metrics count, and what failed is the sum of its kinds', () => {
    const outcome = fc.constantFrom('pass', 'fail', 'timeout', 'empty', 'conflict');
    const some = fc.array(fc.tuple(fc.nat(4), outcome, fc.integer({ min: 1, max: 3 }), fc.boolean()));
    fc.assert(
      fc.property(some, (given) => {
        const events = given.map((of) => result(...of));
        const metrics = createMetrics();
        recordEvents(metrics, load, 'merge', events);
        const { count: observed, values } = metricsJson(metrics).gate_execution_seconds!;
        const { ran, failed, triedAgain, quarantined, overridden } = count(events);
        expect(ran).toBe(observed);
        const bad = (values as unknown as { labels: Record<string, string>; count: number }[])
          .filter(({ labels }) => labels.status !== 'pass')
          .reduce((sum, of) => sum + of.count, 0);
        expect(failed).toBe(bad);
        expect(triedAgain + quarantined + overridden).toBeLessThanOrEqual(failed);
      }),
    );
  });
});
