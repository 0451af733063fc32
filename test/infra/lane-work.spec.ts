import { laneMachine } from '../../lib/infra/lane-machine';
import { type Call, execute, Fault, type Value } from './execution';
import { BUILD, JOB, LANE, lane } from './lane';

const payloads = (calls: readonly Call[], state: string): Value[] =>
  calls.filter((call) => call.state === state).map((call) => call.arguments.Payload);

describe('a lane', () => {
  it('asks with what it is, what it had last, and the results of that, once', async () => {
    const { calls } = await lane([{ kind: 'gate' }, { kind: 'settled' }]);
    const asked = { ...LANE, token: 't', retry: 0, build: null, lost: null };
    expect(payloads(calls, 'Next')).toEqual([
      { ...asked, calls: 0, last: null, results: null },
      { ...asked, calls: 1, last: 0, results: [{ task: 0 }] },
      { ...asked, calls: 2, last: 1, results: null },
    ]);
  });

  it('tells whether it asks again, so that an answer that got lost is given again', async () => {
    const { calls } = await lane([{ kind: 'done', next: ['States.Timeout', 'Lambda.ServiceException'] }]);
    expect(payloads(calls, 'Next').map(({ retry, calls }) => [retry, calls])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
  });

  it('gives a gate the URL of its job and nothing else', async () => {
    const { calls } = await lane([{ kind: 'gate' }]);
    expect(payloads(calls, 'Gate')).toEqual([{ job: JOB }]);
  });

  it('asks once more for the work that it has when a source was made for it', async () => {
    const failed = [{ task: 1, outcome: 'fail' }];
    const asks = async (source: boolean, results: Value[]) => {
      const asked: Value[] = [];
      await execute(laneMachine(), LANE, ({ state, arguments: { Payload } }) => {
        if (state === 'Gate') return { Payload: { results } };
        asked.push([Payload.last, Payload.results]);
        return { turn: 7, kind: asked.length < 2 ? 'gate' : 'done', job: JOB, ...(source && { source }) };
      });
      return asked[1];
    };
    expect(await asks(true, [])).toEqual([null, []]);
    expect(await asks(true, failed)).toEqual([7, failed]);
    // Whatever a gate makes of its function's answer.
    expect(await asks(false, [])).toEqual([7, []]);
  });

  it('brings what a build came to, as Step Functions tells it, with what it was for', async () => {
    const { calls } = await lane([{ kind: 'build' }, { kind: 'build', work: ['States.TaskFailed'] }]);
    const { task, attempt, at, name } = BUILD;
    const result = JSON.stringify({ Id: 'b', BuildStatus: 'SUCCEEDED' });
    expect(payloads(calls, 'Next').map(({ build }) => build)).toEqual([
      null,
      { task, attempt, at, name, result },
      { task, attempt, at, name, error: 'States.TaskFailed', result: 'of the test' },
    ]);
  });

  it('starts no second build where the first was started', () => {
    const { Retry } = laneMachine().States.Build as unknown as { Retry: { ErrorEquals: string[] }[] };
    const errors = Retry.flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(errors.filter((error) => !error.startsWith('CodeBuild.'))).toEqual([]);
  });

  it('gives weaving the turn that it is for', async () => {
    const { calls } = await lane([{ kind: 'settled' }, { kind: 'merge' }]);
    expect(payloads(calls, 'Merge')).toEqual([{ run: 'r', generation: 1, lane: 0, turn: 1 }]);
  });

  it('lets a check be asked for, and waits for its answer as long as it may take', async () => {
    const { calls } = await lane([{ kind: 'settled' }, { kind: 'check', work: ['Runtime.ExitError'] }]);
    const asked = { ...LANE, token: 't', calls: 2, turn: 1 };
    expect(payloads(calls, 'Check')).toEqual([
      { ...asked, retry: 0 },
      { ...asked, retry: 1 },
    ]);
    expect(calls.filter(({ state }) => state === 'Check').map(({ timeout }) => timeout)).toEqual([90, 90]);
  });

  it('asks what a check has come to when its time is over, instead of trying it again', async () => {
    const { calls, output } = await lane([{ kind: 'check', work: ['States.Timeout'] }, { kind: 'settled' }]);
    expect(calls.map(({ state }) => state)).toEqual(['Next', 'Check', 'Next', 'Next']);
    expect(payloads(calls, 'Next').map(({ lost, results }) => [lost, results])).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ]);
    expect(output).toEqual({ end: 'done' });
  });

  it.each(['gate', 'check', 'merge'] as const)(
    'says that a %s was lost, after its retries, and goes on',
    async (kind) => {
      const work = ['Runtime.ExitError', 'Runtime.ExitError'];
      const { calls, output } = await lane([{ kind, work }, { kind: 'settled' }]);
      expect(payloads(calls, 'Next').map(({ lost }) => lost)).toEqual([
        null,
        'Runtime.ExitError: of the test',
        null,
      ]);
      expect(output).toEqual({ end: 'done' });
    },
  );

  it.each([
    ['cut to a length that can be stored', 'x'.repeat(32_000), `E: ${'x'.repeat(1_000)}`],
    ['told where there is no cause', undefined, 'E: '],
  ])('has a cause %s', async (_, cause, expected) => {
    const lost: Value[] = [];
    await execute(laneMachine(), LANE, ({ state, arguments: { Payload } }) => {
      if (state === 'Gate') throw Object.assign(new Fault('E'), { cause });
      lost.push(Payload.lost);
      return { turn: 0, kind: Payload.lost === null ? 'gate' : 'done', job: JOB };
    });
    expect(lost).toEqual([null, expected]);
  });

  it('ends as rotated when it has waited for work for a day', async () => {
    const day = (24 * 3_600) / (laneMachine().States.Next!.TimeoutSeconds as number);
    const { output, calls } = await lane([{ kind: 'done', next: new Array(day + 1).fill('States.Timeout') }]);
    expect(output).toEqual({ end: 'rotated' });
    expect(calls).toHaveLength(day + 1);
  });

  it('fails when next has a fault that does not go away: the run starts it anew', async () => {
    const { status, error } = await lane([{ kind: 'done', next: new Array(100).fill('Runtime.ExitError') }]);
    expect([status, error?.code]).toEqual(['FAILED', 'Runtime.ExitError']);
  });

  it('does nothing that was handed out at its rotation, but is done when it is done', async () => {
    const full = await lane([{ kind: 'gate' }], 0);
    expect([full.output, full.calls.length]).toEqual([{ end: 'rotated' }, 1]);
    expect((await lane([], 0)).output).toEqual({ end: 'done' });
  });

  it('fails loudly for work of a kind that it does not know', async () => {
    const { error } = await lane([{ kind: 'other' }]);
    expect(error).toMatchObject({ code: 'UnknownWork', cause: 'There is no work of the kind other' });
  });

  it('keeps nothing from state to state but what it is told: keys and counts', async () => {
    const { path } = await lane([
      { kind: 'gate' },
      { kind: 'check' },
      { kind: 'merge', work: new Array(20).fill('E') },
      { kind: 'sleep' },
    ]);
    const names = new Set(path.flatMap(({ variables }) => Object.keys(variables)));
    expect([...names].sort()).toEqual([
      'build',
      'calls',
      'events',
      'generation',
      'k',
      'lane',
      'last',
      'lost',
      'results',
      'run',
    ]);
    // What a task answers goes into variables or to the Choice that reads it.
    for (const { state, input } of path
      .filter(({ state }) => ['Next', 'Gate', 'Check', 'Merge'].includes(state))
      .slice(1))
      expect([
        state,
        Object.keys(input).filter((key) => !['kind', 'turn', 'job', 'seconds'].includes(key)),
      ]).toEqual([state, []]);
  });
});
