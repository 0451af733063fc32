import type { HeldSeconds } from '../engine/watch-load';
import type { RunEvent } from '../run/messages';
import { formatDuration } from './duration';
import type { Report } from './report';

/** For how long work of a run was held back. @param endedAt of the run, in ms since the epoch */
export function reportHeld({
  heldSeconds,
  events,
  endedAt,
}: {
  readonly heldSeconds?: HeldSeconds;
  readonly events: readonly RunEvent[];
  readonly endedAt: number;
}): NonNullable<Report['held']> {
  const landingSeconds = landingHeldMs(events, endedAt) / 1000;
  if (heldSeconds === undefined) return { landingSeconds };
  const { any: seconds, memory, cpu, io } = heldSeconds;
  return { gates: { seconds, memory, cpu, io }, landingSeconds };
}

/** From the first word that a landing waits to the next phase, without what the landing itself took then. */
function landingHeldMs(events: readonly RunEvent[], endedAt: number): number {
  let total = 0;
  let since: number | undefined;
  let landing = 0;
  const end = (at: number) => {
    if (since !== undefined) total += Math.max(0, at - since - landing);
    since = undefined;
    landing = 0;
  };
  for (const event of events) {
    if (event.event === 'hold') since ??= event.at;
    else if (event.event === 'result' && event.kind === 'land') landing += event.durationMs;
    else if (event.event === 'phase') end(event.at);
  }
  end(endedAt);
  return total;
}

const CAUSES = { memory: 'memory', cpu: 'processor', io: 'disks' } as const;

/** The same for people: a line for gates, one for the landing, none where nothing was held back. */
export function heldInWords({ held }: Pick<Report, 'held'>): string[] {
  if (held === undefined) return [];
  const { gates, landingSeconds } = held;
  const causes = Object.entries(CAUSES).flatMap(([cause, words]) => {
    const seconds = gates?.[cause as keyof typeof CAUSES] ?? 0;
    return seconds > 0 ? [`${words} ${formatDuration(seconds * 1000)}`] : [];
  });
  return [
    ...(causes.length === 0
      ? []
      : [`gates, for ${formatDuration(gates!.seconds * 1000)} (${causes.join(', ')})`]),
    ...(landingSeconds > 0
      ? [`the landing, for ${formatDuration(landingSeconds * 1000)} by a pause or a freeze`]
      : []),
  ];
}
