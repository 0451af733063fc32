import { driversOf } from '../../lib/cost/model';
import type { Usage } from '../../lib/cost/usage';
import type { Count } from './counts';
import { type Measured, ratesFrom } from './fit';

const usage = (items: number, lanes: number): Usage => ({
  items,
  lanes,
  executions: 1,
  seconds: 10,
  commits: items + 5,
  turns: { gate: items + 1, build: 0, check: 0, settled: 0, merge: 3, sleep: 0 },
  lost: { gate: 0, merge: 0 },
  gates: items + 1,
  gateSeconds: 2 * (items + 1),
  buildMinutes: 0,
  packs: 0,
  series: 10,
});

/** A run that asks services by a law that is known. */
function lawful(of: Usage): Measured {
  const { turn, commit, gate, merge, item, lane } = driversOf(of);
  const count = (requests: number, more: Partial<Count> = {}) => ({
    requests,
    reads: 0,
    writes: 0,
    bytes: 0,
    ...more,
  });
  const reads = 2 * (turn + merge);
  return {
    usage: of,
    counts: new Map([
      ['turns', count(reads, { reads: reads * 2 })],
      ['turn LANE', count(reads * lane, { bytes: reads * lane * 300 })],
      ['commit STATE', count(commit, { writes: 2 * commit, bytes: 500 * commit })],
      ['commit EVENT', count(commit, { writes: 2 * commit, bytes: 400 * commit })],
      ['table LANE', count(2 * turn, { writes: 3 * turn })],
      ['table RUN', count(20, { reads: 7 + item, writes: 30 })],
      ['put jobs', count(gate, { bytes: 4_000 * gate })],
      ['put files', count(5)],
      ['list', count(1)],
      ['get jobs', count(3 * gate)],
      ['metrics', count(commit)],
    ]),
    functions: { next: { calls: turn, seconds: 0.1 }, gate: { calls: gate, seconds: 2.5 } },
  };
}

it('finds the law by which runs ask services', () => {
  const state = (items: number) => ({ usage: usage(items, 1), stateBytes: 400 + items / 2 });
  const rates = ratesFrom([lawful(usage(20, 4)), lawful(usage(60, 8))], [state(100), state(1_000)]);
  expect(rates).toEqual({
    tables: {
      stateBytes: { run: 400, item: 0.5 },
      laneBytes: 300,
      turnReads: { turn: 2, merge: 2 },
      eventBytes: 400,
      reads: { run: 7, item: 1 },
      writes: { turn: 3, run: 30 },
      bytes: { commit: 400 },
    },
    files: { puts: { gate: 1, run: 6 }, gets: { gate: 3 }, bytes: { gate: 4_000 } },
    metricCalls: { commit: 1 },
    // Beside the gates themselves, which took two seconds each.
    seconds: { gate: 0.5, next: 0.1 },
  });
});
