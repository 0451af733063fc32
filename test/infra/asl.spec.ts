import type { State, States } from '../../lib/infra/asl';
import { FUNCTIONS, type FunctionName } from '../../lib/infra/function-table';
import { laneMachine } from '../../lib/infra/lane-machine';
import { runMachine } from '../../lib/infra/run-machine';
import type { Value } from './execution';

/** All states, those within a Map included. */
const statesOf = ({ States }: States): [string, State][] =>
  Object.entries(States).flatMap(([name, state]) => [
    [name, state],
    ...(state.Type === 'Map' ? statesOf(state.ItemProcessor as States) : []),
  ]);

const machines = { lane: statesOf(laneMachine()), run: statesOf(runMachine(200, 3_600)) };
const all = [...machines.lane, ...machines.run];
const tasks = all.filter(([, { Type }]) => Type === 'Task');

it('both machines have the tasks that these promises are about', () => {
  expect(tasks.map(([name]) => name)).toEqual([
    'Next',
    'Gate',
    'Build',
    'Check',
    'Merge',
    'Queue',
    'Prepare',
    'Lane',
    'ManyLane',
    'Report',
  ]);
});

describe.each(tasks)('the task %s', (name, { Retry, TimeoutSeconds, Arguments, Resource }) => {
  it('has a time limit', () => {
    if (name === 'Check') expect(TimeoutSeconds).toBe('{% $states.input.seconds %}');
    else expect(TimeoutSeconds).toBeGreaterThan(0);
  });

  it('is retried, with backoff and jitter, a bounded number of times', () => {
    const retriers = Retry as Value[];
    expect(retriers.length).toBeGreaterThan(0);
    for (const { JitterStrategy, BackoffRate, MaxDelaySeconds, MaxAttempts, ErrorEquals } of retriers) {
      // The end of a check's time is a result.
      if (name === 'Check' && ErrorEquals.join() === 'States.Timeout') {
        expect(MaxAttempts).toBe(0);
        continue;
      }
      expect([JitterStrategy, MaxAttempts > 0]).toEqual(['FULL', true]);
      // A parked call is made again at once: it has waited already.
      if (ErrorEquals.join() !== 'States.Timeout') expect([BackoffRate, MaxDelaySeconds]).toEqual([2, 60]);
    }
  });

  it('has States.ALL, if at all, in its last retrier and alone, as AWS demands', () => {
    const named = (Retry as Value[]).map(({ ErrorEquals }) => ErrorEquals as string[]);
    const at = named.findIndex((names) => names.includes('States.ALL'));
    if (at >= 0) expect([at, named[at]]).toEqual([named.length - 1, ['States.ALL']]);
  });

  it('is given up later than its function', () => {
    // But a check: what its function does after that finds that nobody waits.
    if (name === 'Check') return;
    const called = /^\$\{(\w+)Function\}$/.exec((Arguments as Value).FunctionName ?? '')?.[1];
    if (called === undefined)
      expect(Resource).toMatch(/(states:startExecution\.sync:2|codebuild:startBuild\.sync)$/);
    else
      expect(TimeoutSeconds).toBeGreaterThan(FUNCTIONS[called.toLowerCase() as FunctionName].timeoutSeconds);
  });
});

describe('waiting', () => {
  it('is for a time known beforehand, in one state, and never to look again', () => {
    const waits = all.filter(([, { Type }]) => Type === 'Wait');
    expect(waits.map(([name, { Timestamp, Seconds }]) => [name, Timestamp, Seconds])).toEqual([
      ['Sleep', '{% $states.input.until %}', undefined],
    ]);
  });

  it('for an answer is for a token or the end of an execution: no task is asked again by a loop', () => {
    const resources = tasks.map(([name, { Resource }]) => [name, (Resource as string).split(':::')[1]]);
    expect(Object.fromEntries(resources)).toEqual({
      Next: 'lambda:invoke.waitForTaskToken',
      Queue: 'lambda:invoke.waitForTaskToken',
      Gate: 'lambda:invoke',
      Build: 'codebuild:startBuild.sync',
      Check: 'lambda:invoke.waitForTaskToken',
      Merge: 'lambda:invoke',
      Prepare: 'lambda:invoke',
      Report: 'lambda:invoke',
      Lane: 'states:startExecution.sync:2',
      ManyLane: 'states:startExecution.sync:2',
    });
  });
});

describe('a fault', () => {
  const catches = (names: string[]) =>
    machines.lane
      .filter(([name]) => names.includes(name))
      .map(([, state]) => (state.Catch as Value[]).map(({ ErrorEquals: [error], Next }) => [error, Next]));

  it('of any kind in work gives the work back', () => {
    expect(catches(['Gate', 'Merge'])).toEqual([[['States.ALL', 'Abandon']], [['States.ALL', 'Abandon']]]);
    expect(catches(['Check'])).toEqual([
      [
        ['States.Timeout', 'Next'],
        ['States.ALL', 'Abandon'],
      ],
    ]);
  });

  it('of any kind in a build is for next to judge, as is a gate that failed', () => {
    expect(catches(['Build'])).toEqual([[['States.ALL', 'Next']]]);
  });

  it('of any kind in a lane is caught by the run', () => {
    for (const [name, { Catch }] of machines.run.filter(([name]) => name.endsWith('Lane')))
      expect([name, (Catch as Value[]).at(-1).ErrorEquals]).toEqual([name, ['States.ALL']]);
  });
});

it.each(all)('the state %s sends on what it says and never all that it was given', (_, state) => {
  // A Choice passes its input on, which the state before it has said.
  if (['Choice', 'Fail'].includes(state.Type)) return;
  expect(state).toHaveProperty('Output');
  for (const caught of (state.Catch ?? []) as Value[])
    if (caught.Next !== 'Rotated') expect(caught).toHaveProperty('Output');
});
