import {
  type Definition,
  integration,
  invoke,
  invokeWithToken,
  jsonata,
  PARKED_SECONDS,
  placeholder,
  retryFaults,
  retryParked,
  type State,
  type States,
} from './asl';

/** How many iterations of an inline Map go on at once, at most. */
const INLINE_LANES = 40;
/** What starts a lane has up to 100 bytes, and 256 KiB go from state to state. */
export const MAX_LANES = 2_000;
/** A lane that fails this often in a row lets the run fail; reconcile takes over. */
const FAILURES = 3;
const FAULT_RETRIES = 5;
/** More than any run's time limit has room for. */
const UNLIMITED = 100_000;

const EXISTS = ['StepFunctions.ExecutionAlreadyExistsException', 'StepFunctions.ExecutionAlreadyExists'];
/** Step Functions itself had a fault or no room; no execution was started, or the name says so. */
const START_FAULTS = [
  'StepFunctions.ThrottlingException',
  'StepFunctions.ExecutionLimitExceededException',
  'StepFunctions.SdkClientException',
  'StepFunctions.AWSStepFunctionsException',
];

/** What every function of the run is called with. */
const RUN = { run: jsonata('$states.input.run'), generation: jsonata('$states.input.generation') };

/**
 * Keeps one lane going, execution after execution, until it is done. What the lane held when an execution ended,
 * in whichever way, is in the store. State names have to differ in both Maps, hence the prefix.
 */
function lane(prefix: string, timeoutSeconds: number): States {
  const named = (name: string): string => `${prefix}${name}`;
  return {
    StartAt: named('Begin'),
    States: {
      [named('Begin')]: {
        Type: 'Pass',
        Assign: { ...RUN, lane: jsonata('$states.input.lane'), k: 0, failures: 0, rotated: true },
        Output: {},
        Next: named('Lane'),
      },
      [named('Lane')]: {
        Type: 'Task',
        Resource: integration('states:startExecution.sync:2'),
        Arguments: {
          StateMachineArn: placeholder('LaneMachine'),
          Name: jsonata("$join([$run, $string($generation), $string($lane), $string($k)], '-')"),
          Input: {
            run: jsonata('$run'),
            generation: jsonata('$generation'),
            lane: jsonata('$lane'),
            k: jsonata('$k'),
            AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: jsonata('$states.context.Execution.Id'),
          },
        },
        // Not before the run's own limit, but not for good either.
        TimeoutSeconds: timeoutSeconds,
        Retry: [
          {
            ErrorEquals: START_FAULTS,
            IntervalSeconds: 1,
            BackoffRate: 2,
            MaxDelaySeconds: 60,
            JitterStrategy: 'FULL',
            MaxAttempts: 10,
          },
        ],
        Catch: [
          { ErrorEquals: EXISTS, Assign: { k: jsonata('$k + 1') }, Output: {}, Next: named('Lane') },
          {
            ErrorEquals: ['States.ALL'],
            Assign: { k: jsonata('$k + 1'), failures: jsonata('$failures + 1') },
            Output: jsonata('$states.errorOutput'),
            Next: named('Failed?'),
          },
        ],
        Assign: {
          k: jsonata('$k + 1'),
          failures: 0,
          rotated: jsonata("$states.result.Output.end = 'rotated'"),
        },
        Output: {},
        Next: named('Rotated?'),
      },
      [named('Rotated?')]: {
        Type: 'Choice',
        Choices: [{ Condition: jsonata('$rotated'), Next: named('Lane') }],
        Default: named('LaneDone'),
      },
      [named('Failed?')]: {
        Type: 'Choice',
        Choices: [{ Condition: jsonata(`$failures >= ${FAILURES}`), Next: named('LaneFailed') }],
        Default: named('Lane'),
      },
      [named('LaneDone')]: { Type: 'Pass', Output: {}, End: true },
      [named('LaneFailed')]: {
        Type: 'Fail',
        Error: 'LaneFailed',
        Cause: jsonata(
          "'Lane ' & $string($lane) & ': ' & $states.input.Error & ': ' & $substring($states.input.Cause, 0, 1000)",
        ),
      },
    },
  };
}

/** Over its input: an array of what starts each lane. */
const overLanes = (fields: object): State => ({ Type: 'Map', ...fields, Output: {}, Next: 'Report' });

/**
 * A run: waits for its turn on the target, prepares, keeps its lanes going, reports.
 *
 * Its history: `Queue` writes 4 events a quarter of an hour while it waits; an iteration of `Lanes` 14, and 8 more
 * each time its lane rotates, which is once in about 1,500 turns or a day of waiting. With 40 lanes 25,000 events
 * are enough for 75 rotations each, 4.6 million turns. Iterations of `ManyLanes` have histories of their own.
 */
export function runMachine(maxWorkers: number, timeoutSeconds: number): Definition {
  return {
    Comment: 'A run of lex-pr',
    QueryLanguage: 'JSONata',
    TimeoutSeconds: timeoutSeconds,
    StartAt: 'Queue',
    States: {
      Queue: {
        ...invokeWithToken('queue', RUN),
        TimeoutSeconds: PARKED_SECONDS,
        Retry: retryParked(UNLIMITED, FAULT_RETRIES),
        Output: RUN,
        Next: 'Prepare',
      },
      Prepare: {
        ...invoke('prepare', RUN),
        Retry: retryFaults(FAULT_RETRIES),
        // A name that no lane assigns to.
        Assign: { call: RUN, prepared: jsonata('$states.result.Payload.prepared') },
        Output: jsonata('[$states.result.Payload.lanes]'),
        Next: 'Prepared?',
      },
      'Prepared?': {
        Type: 'Choice',
        Choices: [
          { Condition: jsonata('$not($prepared)'), Next: 'Report' },
          { Condition: jsonata(`$count($states.input) > ${INLINE_LANES}`), Next: 'ManyLanes' },
        ],
        Default: 'Lanes',
      },
      Lanes: overLanes({
        MaxConcurrency: jsonata('$count($states.input)'),
        ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...lane('', timeoutSeconds) },
      }),
      ManyLanes: overLanes({
        Label: 'ManyLanes',
        MaxConcurrency: maxWorkers,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          ...lane('Many', timeoutSeconds),
        },
      }),
      Report: {
        ...invoke('report', jsonata('$call')),
        Retry: retryFaults(FAULT_RETRIES),
        Output: jsonata("$merge([$call, {'end': $states.result.Payload.end}])"),
        End: true,
      },
    },
  };
}
