import type { RunStatus } from '../engine/run-status';
import { formatDuration } from '../report/duration';
import { printable } from '../telemetry/printable';
import { PHASES } from './progress/event-line';
import { SHOWN_PHASE } from './progress/phase';

const COUNTS = ['waiting', 'open', 'passed', 'woven', 'failed', 'blocked', 'skipped', 'cancelled'] as const;

/**
 * How far a run is, in words, for either engine.
 * @param resume what goes on with it should it be interrupted
 * @param now in ms since the epoch
 * @returns lines, each with its newline
 */
export function statusText(run: RunStatus, resume: string, now = Date.now()): string {
  const { items } = run;
  const counts = COUNTS.filter((key) => items[key] > 0).map((key) => `${items[key]} ${key}`);
  const lines = [
    `run ${run.runId}: ${whatItDoes(run)}${run.dryRun ? ', dry run' : ''}`,
    `  target    ${run.target}`,
    `  started   ${run.startedAt}${run.endedAt === null ? '' : `, ended ${run.endedAt}`}`,
    `  items     ${items.total}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`,
    ...(run.frozenUntil === null
      ? []
      : [`  frozen    nothing lands until ${run.frozenUntil}: ${run.held!.why}`]),
    ...(run.paused === null ? [] : [`  paused    nothing lands: ${run.paused}`]),
    ...run.running.map((what, k) => `  running   ${what}${howLong(run.gates[k]?.since ?? null, now)}`),
    ...(run.artifactFolder === undefined ? [] : [`  files     ${run.artifactFolder}`]),
    ...(run.endedAt === null && !run.alive ? [`  go on     ${resume}`] : []),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

const howLong = (since: string | null, now: number) =>
  since === null ? '' : `, for ${formatDuration(Math.max(0, now - Date.parse(since)))}, since ${since}`;

/** Its status; of a run that goes on, or was interrupted, what it is doing, in the words of the live display. */
function whatItDoes({ status, phase, running }: RunStatus): string {
  const done =
    running.length === 0 ? 'writing the report' : 'all items are decided, gates go on for the report';
  const work = phase === 'done' ? done : PHASES[SHOWN_PHASE[phase]];
  if (status === 'running') return work;
  return status === 'interrupted' ? `interrupted while ${work}` : status;
}
