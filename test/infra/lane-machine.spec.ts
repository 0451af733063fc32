import fc from 'fast-check';
import { EVENTS, LAMBDA_RETRIES } from '../../lib/infra/asl';
import { BUILD_RETRIES } from '../../lib/infra/build-state';
import { laneMachine, ROTATE_AFTER } from '../../lib/infra/lane-machine';
import type { Execution } from './execution';
import { lane, type Turn } from './lane';

/** A Standard execution ends when it has written this much. */
const LIMIT = 25_000;
const SERVICE = 'Lambda.ServiceException';
const times = (count: number, error: string): string[] => new Array(count).fill(error);
/** As many faults as `Gate` and `Merge` bear, and one more. */
const TOO_MANY = [...times(LAMBDA_RETRIES, SERVICE), ...times(2, 'Runtime.OutOfMemory')];

/** What the lane has counted in `Work`, which it counts beforehand, and what AWS has written by its end. */
const counts = ({ path }: Pick<Execution, 'path'>): { counted: number; written: number }[] =>
  path
    .filter(({ state }) => state === 'Work')
    .map(({ variables, written }) => ({ counted: variables.events, written: written + EVENTS.choice }));

describe('the turn of a lane', () => {
  it.each([
    ['gate', 13],
    ['merge', 13],
    ['check', 14],
  ] as const)('with a %s takes three transitions and %i events', async (kind, most) => {
    const { path } = await lane([{ kind }]);
    const [first, again] = path.flatMap(({ state, written }, at) =>
      state === 'Next' ? [{ at, written }] : [],
    );
    expect(again!.at - first!.at).toBeLessThanOrEqual(3);
    expect(again!.written - first!.written).toBe(most);
  });

  it('takes three transitions and 14 events with a build', async () => {
    const { path } = await lane([{ kind: 'build' }]);
    const [first, again] = path.flatMap(({ state, written }, at) =>
      state === 'Next' ? [{ at, written }] : [],
    );
    expect(again!.at - first!.at).toBeLessThanOrEqual(3);
    expect(again!.written - first!.written).toBeLessThanOrEqual(14);
  });

  it('is one of these, and no way round is longer', () => {
    const { States } = laneMachine();
    const waysBack = (name: string, way: string[]): string[][] => {
      if (way.length > 0 && name === 'Next') return [way];
      const { Next, Default, Choices = [] } = States[name] as Record<string, string & { Next: string }[]>;
      const onward = [Next, Default, ...Choices!.map((choice) => choice.Next)] as (string | undefined)[];
      return onward.flatMap((next) => (next === undefined ? [] : waysBack(next, [...way, name])));
    };
    expect(waysBack('Next', [])).toEqual([
      ['Next', 'Work', 'Gate'],
      ['Next', 'Work', 'Build'],
      ['Next', 'Work', 'Check'],
      ['Next', 'Work', 'Merge'],
      ['Next', 'Work', 'Sleep'],
      ['Next', 'Work'],
    ]);
  });

  it('is counted as AWS writes it', async () => {
    const kinds = [
      'gate',
      'build',
      'check',
      'merge',
      'sleep',
      'settled',
      'gate',
      'check',
      'build',
      'merge',
    ] as const;
    const all = counts(await lane(kinds.map((kind) => ({ kind }))));
    expect(all).toHaveLength(kinds.length + 1);
    for (const { counted, written } of all) expect(counted).toBe(written);
  });

  it('is never counted for less, and for at most one event a retry too much, whatever fails', async () => {
    const error = fc.constantFrom(
      SERVICE,
      'Lambda.TooManyRequestsException',
      'States.Timeout',
      'Runtime.ExitError',
    );
    const errors = fc.array(error, { maxLength: TOO_MANY.length });
    const turn = fc.record({
      kind: fc.constantFrom('gate', 'build', 'check', 'merge', 'sleep', 'settled'),
      // One more of the same kind would end the execution.
      next: fc.array(error, { maxLength: LAMBDA_RETRIES }),
      work: errors,
    }) as fc.Arbitrary<Turn>;
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 6 }), async (turns) => {
        const execution = await lane(turns);
        expect(execution.output).toEqual({ end: 'done' });
        const retries = execution.calls.filter(({ retry }) => retry > 0).length;
        const abandoned = execution.path.filter(({ state }) => state === 'Abandon').length;
        const { counted, written } = counts(execution).at(-1)!;
        expect(counted).toBeGreaterThanOrEqual(written);
        // What a build that failed was tried before is not known, so the most is counted.
        const failed = execution.path.filter(({ variables }) => variables.build?.error !== undefined).length;
        const tooMany = EVENTS.retry * (abandoned * TOO_MANY.length + failed * BUILD_RETRIES);
        expect(counted - written).toBeLessThanOrEqual(retries + tooMany);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the rotation of a lane', () => {
  it('comes at 20,000 events', async () => {
    const { output, path, events } = await lane(new Array(2_000).fill({ kind: 'gate' }));
    expect(output).toEqual({ end: 'rotated' });
    expect(path.findLast(({ state }) => state === 'Work')!.variables.events).toBeGreaterThanOrEqual(
      ROTATE_AFTER,
    );
    expect(events.length).toBeLessThan(ROTATE_AFTER + 20);
  });

  it('leaves room for the worst turn that there can be', async () => {
    const { Retry } = laneMachine().States.Next as unknown as {
      Retry: { MaxAttempts: number; ErrorEquals: [string] }[];
    };
    const next = Retry.flatMap(({ MaxAttempts, ErrorEquals: [error] }) =>
      times(MaxAttempts, error === 'States.ALL' ? 'Runtime.ExitError' : error),
    );
    expect(next.length).toBeGreaterThan(100);
    // The work is handed out one event before the lane would have rotated.
    const work: Turn = { kind: 'check', work: TOO_MANY };
    const { path, events, output, calls } = await lane([work, { kind: 'gate', next }], 12);
    expect(output).toEqual({ end: 'rotated' });
    expect(path.map(({ state }) => state)).toEqual([
      'Begin',
      'Next',
      'Work',
      'Check',
      'Abandon',
      'Next',
      'Work',
      'Rotated',
    ]);
    expect(calls.filter(({ state }) => state === 'Check')).toHaveLength(TOO_MANY.length);
    const { counted, written } = counts({ path }).at(-1)!;
    expect(counted).toBeGreaterThanOrEqual(written);
    const handedOut = path[2]!.written + EVENTS.choice;
    expect(ROTATE_AFTER - 1 + (events.length - handedOut)).toBeLessThan(LIMIT);
  });
});
