import type { RunEvent } from '../run/messages';
import type { Report } from './report';

/** Enough to see what became of a phase of a run, and no more than that where it takes days. */
const SHOWN = 100;

/**
 * How many gates could run at once, where that followed the load.
 * @param endedAt of the run, in ms since the epoch
 */
export function reportWorkers(events: readonly RunEvent[], endedAt: number): Report['workers'] {
  const changes = events.flatMap((event) => (event.event === 'limit' ? [event] : []));
  if (changes.length === 0) return undefined;
  const limits = changes.map(({ limit }) => limit);
  const spans = changes.map(({ at }, k) => Math.max(0, (changes[k + 1]?.at ?? endedAt) - at));
  const ms = spans.reduce((sum, span) => sum + span, 0);
  const area = spans.reduce((sum, span, k) => sum + span * limits[k]!, 0);
  return {
    mode: 'auto',
    min: Math.min(...limits),
    max: Math.max(...limits),
    mean: ms === 0 ? limits.at(-1)! : Math.round((area / ms) * 100) / 100,
    changes: changes.filter(({ limit }, k) => k > 0 && limit !== limits[k - 1]).length,
    last: changes.slice(-SHOWN).map(({ at, limit, why }) => ({ at: new Date(at).toISOString(), limit, why })),
  };
}
