import { FUNCTIONS, type FunctionName } from './function-table';

/** A state of the Amazon States Language, in JSONata. */
export interface State {
  readonly Type: 'Task' | 'Choice' | 'Pass' | 'Wait' | 'Map' | 'Fail';
  readonly [field: string]: unknown;
}

/** A state machine or the processor of a Map. */
export interface States {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** A state machine; `${Name}` stands for what the stack fills in. */
export interface Definition extends States {
  readonly Comment: string;
  readonly QueryLanguage: 'JSONata';
  readonly TimeoutSeconds?: number;
}

/** Events that a Standard execution writes for a state, entering and leaving it included. */
export const EVENTS = {
  pass: 2,
  choice: 2,
  wait: 2,
  /** Lambda, answered by its return. */
  lambda: 5,
  /** Lambda, answered by a task token; the same for a nested execution. */
  token: 6,
  /** A build that is waited for; the same whether it passes or fails. */
  build: 6,
  /** Each further attempt writes at most these once more: scheduled, started, submitted, failed. */
  retry: 4,
} as const;

/** Stands for something that the stack knows (DefinitionSubstitutions of CloudFormation). */
export const placeholder = (name: string): string => `$\{${name}}`;

/** Under which name a function's ARN is filled in: `gate` → `GateFunction`. */
export const functionPlaceholder = (name: FunctionName): string =>
  `${name[0]!.toUpperCase()}${name.slice(1)}Function`;

/** A JSONata expression. */
export const jsonata = (expression: string): string => `{% ${expression} %}`;

/** An integration of Step Functions, in whichever partition the stack is. */
export const integration = (name: string): string => `arn:${placeholder('Partition')}:states:::${name}`;

/** Lambda itself had a fault or no room; the function has not run, or not to its end. */
const LAMBDA_FAULTS = [
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
];

/** Attempts after the first that Lambda's own faults get. */
export const LAMBDA_RETRIES = 8;

/** With jitter, so that many do not come back at once. */
export const backoff = {
  IntervalSeconds: 1,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
  JitterStrategy: 'FULL',
} as const;

/** Retries with backoff and jitter: many for faults of Lambda, `own` for those of the function. */
export const retryFaults = (own: number): readonly object[] => [
  { ErrorEquals: LAMBDA_FAULTS, ...backoff, MaxAttempts: LAMBDA_RETRIES },
  { ErrorEquals: ['States.ALL'], ...backoff, MaxAttempts: own },
];

/** Calls a function and takes its return for the answer. */
export const invoke = (name: FunctionName, payload: object | string): State => ({
  Type: 'Task',
  Resource: integration('lambda:invoke'),
  Arguments: { FunctionName: placeholder(functionPlaceholder(name)), Payload: payload },
  // Later than the function can live, so that only a lost answer is given up.
  TimeoutSeconds: FUNCTIONS[name].timeoutSeconds + 30,
});

/** Calls a function that answers the token given to it, at once or later. */
export const invokeWithToken = (name: FunctionName, payload: object): State => ({
  Type: 'Task',
  Resource: integration('lambda:invoke.waitForTaskToken'),
  Arguments: {
    FunctionName: placeholder(functionPlaceholder(name)),
    Payload: { ...payload, token: jsonata('$states.context.Task.Token') },
  },
});

/** Seconds after which a parked call is made again with a new token: what a lost answer costs at most. */
export const PARKED_SECONDS = 900;

/** Asks again, so often, when nobody has answered; and after faults. */
export const retryParked = (parks: number, own: number): readonly object[] => [
  {
    ErrorEquals: ['States.Timeout'],
    IntervalSeconds: 1,
    BackoffRate: 1,
    JitterStrategy: 'FULL',
    MaxAttempts: parks,
  },
  ...retryFaults(own),
];
