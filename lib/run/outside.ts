import type { RunEvent } from './messages';
import type { RunState } from './state';
import { overrideRun, pauseRun, stopRun } from './step';
import type { Workload } from './workload';

/**
 * What a commit of a process that does not carry the run has made of its state: it has ended or paused the run, or
 * overridden a gate.
 * @param outdated as for `start`
 * @returns undefined for a commit that did neither
 */
export function doneOutside(
  load: Workload,
  before: RunState,
  events: readonly RunEvent[],
  outdated: readonly number[],
): RunState | undefined {
  const act = events.find(({ event }) => ['stop', 'override', 'pause', 'unpause'].includes(event));
  if (act?.event === 'stop') return stopRun(load, before, act.status, act.why, act.at).state;
  if (act?.event === 'pause') return pauseRun(load, before, { why: act.why }, act.at).state;
  if (act?.event === 'unpause') return pauseRun(load, before, undefined, act.at).state;
  if (act?.event !== 'override') return undefined;
  const { event: _, ...override } = act;
  return overrideRun(load, before, override, outdated).state;
}
