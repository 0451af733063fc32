/** What a function may do beyond writing its own logs and traces. Each brings the variables that go with it. */
export type Grant =
  /** Read and write rows of runs. */
  | 'runs'
  /** List runs by time. */
  | 'list'
  /** Read and write remembered results. */
  | 'cache'
  /** Read and write what gates took. */
  | 'durations'
  /** Read and write files of runs. */
  | 'bucket'
  /** Read the secret of the repositories. */
  | 'secret'
  /** Answer runs that wait for their target. */
  | 'answerRuns'
  /** Answer lanes that wait for work. */
  | 'answerLanes'
  | 'startRuns'
  /** Look whether a run's execution goes on. */
  | 'describeRuns'
  /** End executions of lanes, with the builds that they wait for. */
  | 'stopLanes'
  /** Call `merge`. */
  | 'callMerge'
  /** Tell what a run cost. */
  | 'cost'
  /** Ask for checks that run elsewhere. */
  | 'askChecks'
  | 'metrics';

export interface FunctionRow {
  readonly description: string;
  readonly grants: readonly Grant[];
  /** Starts git, and is a container image by default. */
  readonly git: boolean;
  readonly timeoutSeconds: number;
  readonly memoryMB: number;
  /** Size of /tmp. */
  readonly storageMB: number;
}

const small = { git: false, storageMB: 512 } as const;
const withGit = { git: true, timeoutSeconds: 900, memoryMB: 2048, storageMB: 4096 } as const;

/** All that asking for runs, following and ending them takes. */
const CONTROL = [
  'runs',
  'list',
  'cache',
  'bucket',
  'answerRuns',
  'answerLanes',
  'startRuns',
  'describeRuns',
  'stopLanes',
  'callMerge',
] as const satisfies readonly Grant[];

/** Everything about the functions that does not depend on how they are deployed. */
export const FUNCTIONS = {
  control: {
    ...small,
    description: 'Submits, follows, cancels and resumes runs',
    grants: CONTROL,
    timeoutSeconds: 120,
    memoryMB: 512,
  },
  // An HTTP API waits 30 s for its answer.
  api: {
    ...small,
    description: 'Answers requests of the HTTP API',
    grants: CONTROL,
    timeoutSeconds: 30,
    memoryMB: 1024,
  },
  queue: {
    ...small,
    description: 'Lets a run in when its target is free',
    grants: ['runs', 'answerRuns'],
    timeoutSeconds: 30,
    memoryMB: 256,
  },
  prepare: {
    ...withGit,
    description: 'Validates the plan, pins its heads, builds candidates',
    grants: ['runs', 'cache', 'durations', 'bucket', 'secret'],
  },
  next: {
    ...small,
    description: 'Takes in what a lane did and gives lanes work',
    grants: ['runs', 'cache', 'bucket', 'answerLanes', 'metrics'],
    timeoutSeconds: 60,
    memoryMB: 1024,
  },
  check: {
    ...small,
    description: 'Asks for checks that run elsewhere',
    grants: ['runs', 'bucket', 'answerLanes', 'askChecks'],
    timeoutSeconds: 60,
    memoryMB: 512,
  },
  // Gate code can read the credentials of its function.
  gate: { ...withGit, description: 'Runs gates', grants: [] },
  merge: {
    ...withGit,
    description: 'Weaves, lands, moves the fence',
    grants: ['runs', 'bucket', 'secret'],
  },
  report: {
    ...small,
    description: 'Writes the report and lets the next run of the target in',
    grants: ['runs', 'durations', 'bucket', 'answerRuns', 'cost', 'metrics'],
    timeoutSeconds: 300,
    memoryMB: 1024,
  },
  reconcile: {
    ...small,
    description: 'Resumes or fails a run whose execution failed',
    grants: ['runs', 'durations', 'bucket', 'answerRuns', 'startRuns', 'callMerge', 'cost', 'metrics'],
    // Of a run that it ends it may have to wait for the merge function.
    timeoutSeconds: 900,
    memoryMB: 512,
  },
  schedule: {
    ...small,
    description: 'Starts the run of a schedule that is due',
    grants: ['runs', 'list', 'bucket', 'startRuns', 'metrics'],
    timeoutSeconds: 120,
    memoryMB: 512,
  },
} as const satisfies Record<string, FunctionRow>;

/**
 * What Node.js is started with in every function. A signal makes no inspector: whoever runs beside the function, such
 * as a gate, could put code into it that outlives the call.
 */
export const NODE_OPTIONS = '--enable-source-maps --disable-sigusr1';

export type FunctionName = keyof typeof FUNCTIONS;
export const FUNCTION_NAMES = Object.keys(FUNCTIONS) as FunctionName[];
