import { EVENTS, invokeWithToken, jsonata, retryFaults, type State } from './asl';

/** Attempts after the first for faults of `check`; lost work is given out again besides. */
const RETRIES = 1;

/**
 * A check that runs elsewhere: answered by its callback, or over at its time limit. What it came to is in the store
 * either way, where `next` finds it.
 * @param count what the lane counts as it goes
 */
export const checkState = (count: (added: number) => string): State => ({
  ...invokeWithToken('check', {
    run: jsonata('$run'),
    generation: jsonata('$generation'),
    lane: jsonata('$lane'),
    k: jsonata('$k'),
    calls: jsonata('$calls'),
    retry: jsonata('$states.context.State.RetryCount'),
    turn: jsonata('$last'),
  }),
  TimeoutSeconds: jsonata('$states.input.seconds'),
  Retry: [{ ErrorEquals: ['States.Timeout'], MaxAttempts: 0 }, ...retryFaults(RETRIES)],
  Catch: [
    {
      ErrorEquals: ['States.Timeout'],
      Assign: { events: count(EVENTS.token) },
      Output: {},
      Next: 'Next',
    },
    { ErrorEquals: ['States.ALL'], Output: jsonata('$states.errorOutput'), Next: 'Abandon' },
  ],
  Assign: { events: count(EVENTS.token) },
  Output: {},
  Next: 'Next',
});
