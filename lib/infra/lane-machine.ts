import {
  type Definition,
  EVENTS,
  invoke,
  invokeWithToken,
  jsonata,
  LAMBDA_RETRIES,
  PARKED_SECONDS,
  retryFaults,
  retryParked,
} from './asl';
import { buildState } from './build-state';
import { checkState } from './check-state';

/** Events after which a lane goes on in a new execution. One execution can write 25,000. */
export const ROTATE_AFTER = 20_000;

/** A call of `Next` that waited this often, a day altogether, ends the execution as if it were full. */
const PARKS = 96;
/** Attempts after the first for faults of `next` itself: about ten minutes. */
const NEXT_RETRIES = 12;
/** The same for `gate` and `merge`; lost work is given out again besides. */
const WORK_RETRIES = 1;

/** What a lane counts as it goes: `added`, and what the retries of this state wrote. */
const count = (added: number): string =>
  jsonata(`$events + ${added} + ${EVENTS.retry} * $states.context.State.RetryCount`);

/** The longest that work can become before they are given up. */
const WORK_AT_WORST = EVENTS.token + EVENTS.retry * (LAMBDA_RETRIES + WORK_RETRIES);

/**
 * One lane of a run: asks for work, does it, brings the results with the next question.
 *
 * A turn is three transitions and 13 events: `Next` 6, `Work` 2, `Gate` or `Merge` 5; 14 with `Build` or `Check`, which
 * have 6. Each retry adds up to 4.
 * `Next` counts itself and `Work`, the others themselves. At 20,000 the lane ends as `rotated` and is started
 * anew; the longest turn possible, all retries of all its states, still fits below the limit of 25,000.
 */
export function laneMachine(rotateAfter = ROTATE_AFTER): Definition {
  return {
    Comment: 'One lane of a run of lex-pr',
    QueryLanguage: 'JSONata',
    StartAt: 'Begin',
    States: {
      Begin: {
        Type: 'Pass',
        Assign: {
          run: jsonata('$states.input.run'),
          generation: jsonata('$states.input.generation'),
          lane: jsonata('$states.input.lane'),
          k: jsonata('$states.input.k'),
          events: 1 + EVENTS.pass,
          calls: 0,
          last: null,
          results: null,
          build: null,
          lost: null,
        },
        Output: {},
        Next: 'Next',
      },
      Next: {
        ...invokeWithToken('next', {
          run: jsonata('$run'),
          generation: jsonata('$generation'),
          lane: jsonata('$lane'),
          k: jsonata('$k'),
          calls: jsonata('$calls'),
          retry: jsonata('$states.context.State.RetryCount'),
          last: jsonata('$last'),
          results: jsonata('$results'),
          build: jsonata('$build'),
          lost: jsonata('$lost'),
        }),
        TimeoutSeconds: PARKED_SECONDS,
        Retry: retryParked(PARKS, NEXT_RETRIES),
        Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Rotated' }],
        Assign: {
          events: count(EVENTS.token + EVENTS.choice),
          calls: jsonata('$calls + 1'),
          last: jsonata('$states.result.turn'),
          results: null,
          build: null,
          lost: null,
        },
        Output: jsonata('$states.result'),
        Next: 'Work',
      },
      Work: {
        Type: 'Choice',
        Choices: [
          { Condition: jsonata("$states.input.kind = 'done'"), Next: 'Done' },
          // What was handed out is handed out again to the next execution.
          { Condition: jsonata(`$events >= ${rotateAfter}`), Next: 'Rotated' },
          { Condition: jsonata("$states.input.kind = 'gate'"), Next: 'Gate' },
          { Condition: jsonata("$states.input.kind = 'build'"), Next: 'Build' },
          { Condition: jsonata("$states.input.kind = 'check'"), Next: 'Check' },
          { Condition: jsonata("$states.input.kind = 'merge'"), Next: 'Merge' },
          { Condition: jsonata("$states.input.kind = 'sleep'"), Next: 'Sleep' },
          { Condition: jsonata("$states.input.kind = 'settled'"), Next: 'Next' },
        ],
        Default: 'Unknown',
      },
      Gate: {
        ...invoke('gate', { job: jsonata('$states.input.job') }),
        Retry: retryFaults(WORK_RETRIES),
        Catch: [{ ErrorEquals: ['States.ALL'], Output: jsonata('$states.errorOutput'), Next: 'Abandon' }],
        Assign: {
          events: count(EVENTS.lambda),
          results: jsonata('[$states.result.Payload.results]'),
          // Once a source was made, as an execution that has just started: it is given what its lane has.
          last: jsonata(
            '$states.input.source = true and $count($states.result.Payload.results) = 0 ? null : $last',
          ),
        },
        Output: {},
        Next: 'Next',
      },
      Build: buildState(count),
      Check: checkState(count),
      Merge: {
        ...invoke('merge', {
          run: jsonata('$run'),
          generation: jsonata('$generation'),
          lane: jsonata('$lane'),
          turn: jsonata('$last'),
        }),
        Retry: retryFaults(WORK_RETRIES),
        Catch: [{ ErrorEquals: ['States.ALL'], Output: jsonata('$states.errorOutput'), Next: 'Abandon' }],
        Assign: { events: count(EVENTS.lambda) },
        Output: {},
        Next: 'Next',
      },
      // The end of a gate's backoff, a time known beforehand.
      Sleep: {
        Type: 'Wait',
        Timestamp: jsonata('$states.input.until'),
        Assign: { events: jsonata(`$events + ${EVENTS.wait}`) },
        Output: {},
        Next: 'Next',
      },
      Abandon: {
        Type: 'Pass',
        Assign: {
          events: jsonata(`$events + ${EVENTS.pass + WORK_AT_WORST}`),
          lost: jsonata("$states.input.Error & ': ' & $substring($states.input.Cause, 0, 1000)"),
        },
        Output: {},
        Next: 'Next',
      },
      Done: { Type: 'Pass', Output: { end: 'done' }, End: true },
      Rotated: { Type: 'Pass', Output: { end: 'rotated' }, End: true },
      Unknown: {
        Type: 'Fail',
        Error: 'UnknownWork',
        Cause: jsonata("'There is no work of the kind ' & $states.input.kind"),
      },
    },
  };
}
