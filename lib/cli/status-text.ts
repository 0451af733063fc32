import type { RunStatus } from '../engine/run-status';
import { printable } from '../telemetry/printable';

const COUNTS = ['waiting', 'open', 'passed', 'woven', 'failed', 'blocked', 'skipped', 'cancelled'] as const;

/**
 * How far a run is, in words, for either engine.
 * @param resume what goes on with it should it be interrupted
 * @returns lines, each with its newline
 */
export function statusText(run: RunStatus, resume: string): string {
  const { items } = run;
  const counts = COUNTS.filter((key) => items[key] > 0).map((key) => `${items[key]} ${key}`);
  const lines = [
    `run ${run.runId}: ${run.status}${run.endedAt === null ? ` (${run.phase})` : ''}${run.dryRun ? ', dry run' : ''}`,
    `  target    ${run.target}`,
    `  started   ${run.startedAt}${run.endedAt === null ? '' : `, ended ${run.endedAt}`}`,
    `  items     ${items.total}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`,
    ...run.running.map((what) => `  running   ${what}`),
    ...(run.artifactFolder === '' ? [] : [`  files     ${run.artifactFolder}`]),
    ...(run.endedAt === null && !run.alive ? [`  go on     ${resume}`] : []),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
