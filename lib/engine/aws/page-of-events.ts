import type { RunEvent } from '../../run/messages';
import type { CommittedEvents } from '../../run/store';

export interface PlaceInRun {
  /** Everything up to this version has been told. */
  readonly after: number;
  /** And so many events of the commit after it. */
  readonly told: number;
  /** The last version that is to be told. */
  readonly upTo: number;
  /** That the events may have as JSON; one is told in any case. */
  readonly bytes: number;
}

export interface PageOfEvents {
  readonly events: readonly RunEvent[];
  /** Where the next page begins. */
  readonly version: number;
  readonly told: number;
  readonly more: boolean;
}

/** The events from a place on, without what is long in them, as many as there is room for. */
export async function pageOfEvents(
  commits: AsyncIterable<CommittedEvents>,
  { after, told, upTo, bytes }: PlaceInRun,
): Promise<PageOfEvents> {
  const events: RunEvent[] = [];
  let place = { version: after, told };
  let left = bytes;
  for await (const commit of commits) {
    if (commit.version > upTo) break;
    for (const event of commit.events.slice(place.told)) {
      const short = shortened(event);
      left -= Buffer.byteLength(JSON.stringify(short)) + 1;
      if (left < 0 && events.length > 0) return { events, ...place, more: true };
      events.push(short);
      place = { ...place, told: place.told + 1 };
    }
    place = { version: commit.version, told: 0 };
  }
  return { events, version: Math.max(after, upTo), told: 0, more: false };
}

/** An event without lists that a gate or a merge may have made as long as it likes. */
function shortened(event: RunEvent): RunEvent {
  if (event.event !== 'result') return event;
  if (event.kind === 'gate') {
    const { artifacts: _, unlisted: __, paths: ___, ...short } = event;
    return short;
  }
  if (event.kind === 'merge' && event.result.kind === 'conflict')
    return { ...event, result: { ...event.result, paths: [], with: [] } };
  return event;
}
