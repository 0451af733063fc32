import type { RunEvent } from '../../run/messages';

/** How many gates ran at once after each start and end of one, in the order in which that happened. */
export function concurrency(events: readonly RunEvent[]): number[] {
  const changes = events.flatMap((event): [at: number, change: 1 | -1][] =>
    event.event === 'result' && event.kind === 'gate' && !event.cached && event.endedAt > event.startedAt
      ? [
          [event.startedAt, 1],
          [event.endedAt, -1],
        ]
      : [],
  );
  // An end before a start at the same time: the two were not there at once.
  changes.sort(([a, x], [b, y]) => a - b || x - y);
  let active = 0;
  return changes.map(([, change]) => {
    active += change;
    return active;
  });
}
