import type { Phase } from '../../run/state';
import type { ProgressPhase } from './progress';

/** The phase of a run as people are shown it: while gates run, what has passed is woven along the way. */
export const SHOWN_PHASE: Readonly<Record<Phase, ProgressPhase>> = {
  weave: 'gates',
  verify: 'verify',
  bisect: 'bisect',
  land: 'land',
  done: 'done',
};
