import { Cron } from 'croner';

/** A time during which nothing lands, once or again and again. */
export type FreezeWindow =
  | {
      /** ISO 8601 with an offset. */
      readonly from: string;
      /** The first moment at which there may be landings again. */
      readonly to: string;
      readonly reason?: string | undefined;
    }
  | {
      /** Five fields: when each window begins. */
      readonly cron: string;
      readonly durationMinutes: number;
      /** A name of the IANA time zone database. */
      readonly timeZone: string;
      readonly reason?: string | undefined;
    };

export interface Frozen {
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly reason: string;
}

/** Windows that follow one another without a gap count as one; more of them than this are looked at again later. */
const MOST_JOINED = 100;

/**
 * Whether nothing may land at a time, and until when.
 * @param now milliseconds since the epoch
 */
export function frozenUntil(windows: readonly FreezeWindow[], now: number): Frozen | undefined {
  let until = now;
  let reason: string | undefined;
  for (let joined = 0; joined < MOST_JOINED; joined++) {
    const at = until;
    for (const window of windows) {
      const end = endOf(window, at);
      if (end === undefined || end <= until) continue;
      until = end;
      reason ??= window.reason ?? 'policy.freeze';
    }
    if (until === at) break;
  }
  return reason === undefined ? undefined : { until, reason };
}

/** So many windows without a gap are looked at to find one that ends. */
const MOST_CHAINED = 2_000;
const DAY = 24 * 60 * 60_000;

/**
 * For how long windows that begin by a pattern follow one another without a gap, once one has begun.
 * @returns days, at least; undefined where there is a gap within a year
 */
function daysWithoutGap(cron: Cron, durationMinutes: number): number | undefined {
  const length = durationMinutes * 60_000;
  const first = cron.nextRun()!.getTime();
  let last = first;
  for (let chained = 0; chained < MOST_CHAINED && last - first < 366 * DAY; chained++) {
    // The last one that begins before the one before has ended, or as it ends.
    const [next] = cron.previousRuns(1, new Date(last + length + 1000));
    if (next === undefined || next.getTime() <= last) return undefined;
    last = next.getTime();
  }
  return Math.floor((last - first) / DAY);
}

/** The end of a window that is open at a time; undefined where it is not. */
function endOf(window: FreezeWindow, at: number): number | undefined {
  if ('from' in window) {
    const end = Date.parse(window.to);
    return Date.parse(window.from) <= at && at < end ? end : undefined;
  }
  const length = window.durationMinutes * 60_000;
  // It opened within its length before, or at this very moment.
  const opened = cronOf(window)
    .nextRun(new Date(at - length))
    ?.getTime();
  return opened !== undefined && opened <= at ? opened + length : undefined;
}

/** @throws Error when the pattern or the time zone is none, or never comes */
export function cronOf({ cron, timeZone }: { readonly cron: string; readonly timeZone: string }): Cron {
  return new Cron(cron, { timezone: timeZone, paused: true, mode: '5-part' });
}

/** What is wrong with a window, and with which of its fields; undefined where it is fine. */
export function cronProblem(window: {
  readonly cron: string;
  readonly timeZone: string;
  readonly durationMinutes: number;
}): { readonly field: 'cron' | 'timeZone' | 'durationMinutes'; readonly message: string } | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: window.timeZone });
  } catch {
    return {
      field: 'timeZone',
      message: 'it must be a name of the IANA time zone database, as Europe/Berlin',
    };
  }
  // The parser's own names and words allow for more, and speak of it.
  if (window.cron.trim().split(/\s+/).length !== 5)
    return {
      field: 'cron',
      message: 'it must have five fields: minute, hour, day, month, weekday, as in "0 16 * * FRI"',
    };
  try {
    const cron = cronOf(window);
    if (cron.nextRun() === null) return { field: 'cron', message: 'there is no such time' };
    const days = daysWithoutGap(cron, window.durationMinutes);
    if (days === undefined) return undefined;
    return {
      field: 'durationMinutes',
      message: `each window begins before the one before it has ended: nothing would land for ${days} days and more`,
    };
  } catch (error) {
    const words = (error as Error).message.replace(/^Cron(?:Pattern|Date): /, '').replace(/\.$/, '');
    return { field: 'cron', message: `${words}; five fields are wanted as in "0 16 * * FRI"` };
  }
}
