import type { ProgressView } from '../../../lib/cli/progress/progress';

/** A view for tests: two lanes, one at work for 12 s, a minute into the run. */
export function view(given: Partial<ProgressView> = {}): ProgressView {
  return {
    phase: 'gates',
    startedAt: 0,
    now: 65_000,
    items: { total: 20, passed: 5, failed: 1, blocked: 2, running: 3, waiting: 9 },
    gates: { total: 40, done: 12, running: 1, cached: 4 },
    lanes: [{ item: 'api', gate: 'test', since: 53_000 }, null],
    timeLeftMs: 120_000,
    ...given,
  };
}

/** As many lanes at work as asked for. */
export const busyLanes = (count: number, item: (lane: number) => string = (lane) => `item-${lane}`) =>
  Array.from({ length: count }, (_, lane) => ({ item: item(lane), gate: 'test', since: 0 }));
