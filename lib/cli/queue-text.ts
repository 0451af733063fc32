import type { ShownHold } from '../run/hold';
import { printable } from '../telemetry/printable';

export interface QueuedRun {
  readonly runId: string;
  readonly status: 'running' | 'held' | 'waiting' | 'interrupted';
  readonly target: string;
  /** On AWS, where a stack may have more than one. */
  readonly repository?: string;
  /** ISO 8601: since when it runs or waits. */
  readonly since: string;
  readonly hotfix: boolean;
  /** What its landing waits for, and until when (ISO 8601; null: until somebody ends the pause). */
  readonly held?: ShownHold;
  /** How many runs are before it; null for one that was interrupted, which has left the line. */
  readonly place: number | null;
}

/** What holds landings. */
export interface ShownPause {
  /** Null: every one. */
  readonly target: string | null;
  /** On AWS, of the target. */
  readonly repository?: string | null;
  readonly why: string;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * The line as people read it: a run a line, in order, then what is paused.
 * @param commandFor a command as somebody types it
 */
export function queueText(
  runs: readonly QueuedRun[],
  pauses: readonly ShownPause[],
  commandFor: (command: string, run: string) => string,
): string {
  const lines = runs.map(({ runId, status, target, repository, since, hotfix, held, place }) => {
    const at = place === null ? '-' : String(place);
    const urgent = hotfix ? ', hot-fix' : '';
    const hint = status === 'interrupted' ? `; go on with ${commandFor('resume', runId)}` : '';
    const of = repository === undefined ? '' : ` of ${repository}`;
    const until = held === undefined ? '' : `; ${holdText(held)}`;
    return `${at.padStart(3)}  ${runId}  ${status}  into ${target}${of}, since ${since}${urgent}${until}${hint}`;
  });
  if (lines.length === 0) lines.push('no run goes on, none waits');
  const paused = pauses.map(({ target, repository, why, since }) => {
    const what = target === null ? 'every target' : `${target}${repository ? ` of ${repository}` : ''}`;
    return `paused: ${what}, ${why}, since ${since}`;
  });
  return [...lines, ...paused].map((line) => `${printable(line)}\n`).join('');
}

/** Of a pause `why` begins with who made it. */
const holdText = ({ why, until }: ShownHold) =>
  until === null ? `paused ${why}` : `frozen until ${until}: ${why}`;
