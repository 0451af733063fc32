import jsonata from 'jsonata';
import type { Definition, State, States } from '../../lib/infra/asl';

/** What a task was called with. */
export interface Call {
  readonly state: string;
  readonly arguments: Value;
  /** Retries of this state so far. */
  readonly retry: number;
  /** How long Step Functions waits, in seconds. */
  readonly timeout: number;
}

/** Thrown by the task of a test: what Step Functions sees of a fault. */
export class Fault extends Error {
  constructor(
    readonly code: string,
    override readonly cause = 'of the test',
  ) {
    super(`${code}: ${cause}`);
  }
}

/** What an execution comes to. */
export interface Execution {
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly output: Value;
  readonly error?: Fault;
  /** States in the order in which they were entered. */
  readonly path: readonly Visit[];
  /** Types of the events of its history. */
  readonly events: readonly string[];
}

export interface Visit {
  readonly state: string;
  /** Events written before, entering this state not among them. */
  readonly written: number;
  readonly variables: Readonly<Record<string, Value>>;
  readonly input: Value;
}

// biome-ignore lint/suspicious/noExplicitAny: JSON.
export type Value = any;
type Variables = Readonly<Record<string, Value>>;
interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly MaxAttempts: number;
}

/**
 * Executes a definition as Step Functions documents it, and writes the history that a Standard execution has there.
 * Knows as much of the language as our machines use; time does not pass.
 * @param task answers a call of a task, or throws a Fault
 */
export async function execute(
  definition: Definition | States,
  input: Value,
  task: (call: Call) => Value,
): Promise<Execution> {
  const events = ['ExecutionStarted'];
  const path: Visit[] = [];
  try {
    const output = await walk(definition, input, {}, { events, path, task });
    events.push('ExecutionSucceeded');
    return { status: 'SUCCEEDED', output, path, events };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    events.push('ExecutionFailed');
    return { status: 'FAILED', output: undefined, error, path, events };
  }
}

interface World {
  readonly events: string[];
  readonly path: Visit[];
  readonly task: (call: Call) => Value;
}

async function walk(
  { StartAt, States }: States,
  start: Value,
  outer: Variables,
  world: World,
): Promise<Value> {
  let name = StartAt;
  let input = start;
  let variables = outer;
  while (true) {
    const state: State = States[name]!;
    world.path.push({ state: name, written: world.events.length, variables, input });
    world.events.push(`${state.Type}StateEntered`);
    const left = await leave(name, state, input, variables, world);
    world.events.push(`${state.Type}StateExited`);
    ({ input, variables } = left);
    if (left.next === undefined) return input;
    name = left.next;
  }
}

interface Left {
  readonly next: string | undefined;
  readonly input: Value;
  readonly variables: Variables;
}

async function leave(
  name: string,
  state: State,
  input: Value,
  variables: Variables,
  world: World,
): Promise<Left> {
  const context = {
    Execution: { Id: 'arn:execution' },
    State: { Name: name, RetryCount: 0 },
    Task: { Token: 't' },
  };
  const evaluate = (part: Value, more: object = {}) =>
    evaluated(part, { ...variables, states: { input, context, ...more } });
  /** What a state, a choice or a catcher that was taken comes to. */
  const take = async (taken: Value, otherwise: Value, more: object = {}): Promise<Left> => ({
    next: taken.Next,
    input: 'Output' in taken ? await evaluate(taken.Output, more) : otherwise,
    variables: { ...variables, ...(await evaluate(taken.Assign ?? {}, more)) },
  });

  switch (state.Type) {
    case 'Fail':
      throw new Fault(await evaluate(state.Error), await evaluate(state.Cause));
    case 'Choice':
      for (const choice of state.Choices as Value[])
        if ((await evaluate(choice.Condition)) === true) return take(choice, input);
      return take({ Next: state.Default }, input);
    case 'Wait':
      await evaluate(state.Timestamp);
      return take(state, input);
    case 'Map': {
      const { ProcessorConfig, ...processor } = state.ItemProcessor as States & { ProcessorConfig: Value };
      const isInline = ProcessorConfig.Mode === 'INLINE';
      world.events.push(isInline ? 'MapStateStarted' : 'MapRunStarted');
      const results: Value[] = [];
      for (const item of input) {
        // Children of a distributed Map have a history of their own, and know no variables of their parent.
        if (!isInline) results.push(await walk(processor, item, {}, { ...world, events: [] }));
        else {
          world.events.push('MapIterationStarted');
          results.push(await walk(processor, item, variables, world));
          world.events.push('MapIterationSucceeded');
        }
      }
      world.events.push(isInline ? 'MapStateSucceeded' : 'MapRunSucceeded');
      return take(state, results, { result: results });
    }
    case 'Task': {
      const attempts = new Map<Retrier, number>();
      for (let retry = 0; ; retry++) {
        context.State.RetryCount = retry;
        const isSubmitted = /\.(waitForTaskToken|sync(:2)?)$/.test(state.Resource as string);
        world.events.push('TaskScheduled', 'TaskStarted', ...(isSubmitted ? ['TaskSubmitted'] : []));
        try {
          const called = await evaluate(state.Arguments);
          const timeout = await evaluate(state.TimeoutSeconds);
          const result = await world.task({ state: name, arguments: called, retry, timeout });
          world.events.push('TaskSucceeded');
          return await take(state, result, { result });
        } catch (error) {
          if (!(error instanceof Fault)) throw error;
          world.events.push(error.code === 'States.Timeout' ? 'TaskTimedOut' : 'TaskFailed');
          const matches = ({ ErrorEquals: names }: Retrier) =>
            names.includes(error.code) || names.includes('States.ALL');
          const retrier = ((state.Retry ?? []) as Retrier[]).find(matches);
          const made = retrier ? (attempts.get(retrier) ?? 0) : 0;
          if (retrier && made < retrier.MaxAttempts) {
            attempts.set(retrier, made + 1);
            continue;
          }
          const catcher = ((state.Catch ?? []) as Retrier[]).find(matches);
          if (catcher === undefined) throw error;
          const errorOutput = { Error: error.code, Cause: error.cause };
          return await take(catcher, errorOutput, { errorOutput });
        }
      }
    }
    default:
      return take(state, input);
  }
}

const expressions = new Map<string, jsonata.Expression>();

/** Every JSONata expression in it replaced by its value. */
async function evaluated(part: Value, bindings: Variables): Promise<Value> {
  if (Array.isArray(part)) return Promise.all(part.map((each) => evaluated(each, bindings)));
  if (part !== null && typeof part === 'object') {
    const fields = Object.entries(part).map(async ([key, each]) => [key, await evaluated(each, bindings)]);
    return Object.fromEntries(await Promise.all(fields));
  }
  const [, text] = (typeof part === 'string' && /^\{%\s*(.*?)\s*%\}$/s.exec(part)) || [];
  if (text === undefined) return part;
  if (!expressions.has(text)) expressions.set(text, jsonata(text));
  const value = await expressions.get(text)!.evaluate(undefined, bindings);
  // As AWS: an expression has to have a value.
  if (value === undefined) throw new Fault('States.QueryEvaluationError', `${text} is nothing`);
  return value;
}
