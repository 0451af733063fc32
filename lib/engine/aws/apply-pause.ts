import type { Input } from '../../run/messages';
import { type Pauses, pauseOf } from '../../run/pauses';
import type { RunRecord } from '../../run/record';
import type { Pause, RunState } from '../../run/state';
import { pauseRun, type Step, step } from '../../run/step';
import type { RunStore } from '../../run/store';
import { applyPause, isLanding } from '../apply-pause';
import { logEvents } from './log-events';
import type { RunContext } from './run-context';
import { lineOf } from './run-queue';

export interface PauseServices {
  readonly store: Pick<RunStore, 'read' | 'commit'>;
  readonly pauses: Pick<Pauses, 'read'>;
  readonly now: () => number;
  /** As of a lane's turn, for those who send metrics. */
  readonly record?: (run: RunContext, state: RunState, events: Step['events']) => Promise<void>;
}

/**
 * Makes a run that has begun know of the pause of its target, or of its end; then a lane that waits for the end is
 * given the landing in the same commit. Whoever calls this for a run with lanes answers them.
 * @returns the state then
 */
export function applyPauseInRun(services: PauseServices, run: RunContext): Promise<RunState> {
  const { store, now } = services;
  const { record, load } = run;
  return applyPause({
    ...{ store, record, load, now },
    pauseNow: () => pauseNow(services, record),
    goOn: (before, at) => step(load, before, [{ kind: 'clock' }], at),
    async onCommit(state, events) {
      await services.record?.(run, state, events);
      logEvents(run, state, events);
    },
  });
}

/** A step, and whether a pause that the run had not heard of has kept it from landing. */
export type Guarded = Step & { readonly isHeld: boolean };

/**
 * What the inputs lead to. Where that is a landing, the pauses are looked at after all that has led to it: one that was
 * written before holds it, even where whoever wrote it has not found the run, or has died.
 */
export async function stepUnlessPaused(
  services: PauseServices,
  { record, load }: RunContext,
  before: RunState,
  inputs: readonly Input[],
): Promise<Guarded> {
  const now = services.now();
  const taken = step(load, before, inputs, now);
  if (!record.execute || isLanding(before) || !isLanding(taken.state)) return { ...taken, isHeld: false };
  const pause = await pauseNow(services, record);
  if (pause === undefined) return { ...taken, isHeld: false };
  const paused = pauseRun(load, before, pause, now);
  const held = step(load, paused.state, inputs, now);
  return { ...held, events: [...paused.events, ...held.events], isHeld: true };
}

async function pauseNow({ pauses }: PauseServices, { plan }: RunRecord): Promise<Pause | undefined> {
  const all = await pauses.read();
  return all.length === 0 ? undefined : pauseOf(all, lineOf(plan.repository, plan.target));
}
