import { prepareCall } from '../../lib/engine/aws/protocol';
import type { States } from '../../lib/infra/asl';
import { MAX_LANES, runMachine } from '../../lib/infra/run-machine';
import { type Call, execute, Fault, type Value } from './execution';

const RUN = { run: 'r', generation: 2 };
const ROTATED = { Output: { end: 'rotated' } };
const DONE = { Output: { end: 'done' } };
/** What goes from state to state. */
const PAYLOAD_BYTES = 256 * 1024;

/** Executes a run with so many lanes. @param laneEnds how the executions of each lane end, one after the other */
async function run(lanes: number, laneEnds: (call: Call, k: number) => Value = () => DONE) {
  const calls: Call[] = [];
  const started: Record<string, number> = {};
  const execution = await execute(runMachine(200, 3_600), RUN, (call) => {
    calls.push(call);
    if (call.state === 'Prepare')
      return {
        Payload: {
          prepared: lanes > 0,
          lanes: Array.from({ length: lanes }, (_, lane) => ({ ...RUN, lane })),
        },
      };
    if (call.state === 'Report') return { Payload: { end: lanes > 0 ? 'reported' : 'refused' } };
    if (!call.state.endsWith('Lane')) return { Payload: null };
    const { lane } = call.arguments.Input;
    started[lane] = (started[lane] ?? -1) + 1;
    return laneEnds(call, started[lane]);
  });
  return { ...execution, calls, names: calls.flatMap((call) => call.arguments.Name ?? []) };
}

const fails = (error: string) => (): never => {
  throw new Fault(error, 'why');
};

describe('a run', () => {
  it('waits for its target, prepares, keeps its lanes going, reports: with keys only', async () => {
    const { calls, output, path } = await run(2);
    expect(output).toEqual({ ...RUN, end: 'reported' });
    expect(calls.map(({ state }) => state)).toEqual(['Queue', 'Prepare', 'Lane', 'Lane', 'Report']);
    const [queue, prepare, first, , report] = calls.map(
      (call) => call.arguments.Payload ?? call.arguments.Input,
    );
    expect([queue, prepare, report]).toEqual([{ ...RUN, token: 't' }, RUN, RUN]);
    expect(first).toEqual({
      ...RUN,
      lane: 0,
      k: 0,
      AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: 'arn:execution',
    });
    const names = new Set(path.flatMap(({ variables }) => Object.keys(variables)));
    expect([...names].sort()).toEqual([
      'call',
      'failures',
      'generation',
      'k',
      'lane',
      'prepared',
      'rotated',
      'run',
    ]);
  });

  it('that is refused is reported, without lanes, and ends so', async () => {
    const { calls, status, output } = await run(0);
    expect([status, ...calls.map(({ state }) => state)]).toEqual(['SUCCEEDED', 'Queue', 'Prepare', 'Report']);
    expect(output).toEqual({ ...RUN, end: 'refused' });
  });

  it('starts a lane anew as long as it rotates', async () => {
    const { names, status } = await run(2, (_, k) => (k < 3 ? ROTATED : DONE));
    expect(names).toEqual([
      'r-2-0-0',
      'r-2-0-1',
      'r-2-0-2',
      'r-2-0-3',
      'r-2-1-0',
      'r-2-1-1',
      'r-2-1-2',
      'r-2-1-3',
    ]);
    expect(status).toBe('SUCCEEDED');
  });

  it.each(['StepFunctions.ExecutionAlreadyExistsException', 'StepFunctions.ExecutionAlreadyExists'])(
    'goes on with the next name where one was used: %s is no failure',
    async (error) => {
      const { names, status } = await run(1, (_, k) => (k < 9 ? fails(error)() : DONE));
      expect([names.length, names.at(-1), status]).toEqual([10, 'r-2-0-9', 'SUCCEEDED']);
    },
  );

  it('asks for a lane again under the same name when starting it was throttled', async () => {
    const { names } = await run(1, ({ retry }) =>
      retry < 2 ? fails('StepFunctions.ThrottlingException')() : DONE,
    );
    expect(names).toEqual(['r-2-0-0', 'r-2-0-0', 'r-2-0-0']);
  });

  it('bears two failures of a lane in a row, and fails at the third with the reason', async () => {
    const bad = [0, 1, 3, 4];
    const { status, names } = await run(1, (_, k) =>
      bad.includes(k) ? fails('States.TaskFailed')() : k < 5 ? ROTATED : DONE,
    );
    expect([status, names.length]).toEqual(['SUCCEEDED', 6]);
    const broken = await run(1, fails('States.TaskFailed'));
    expect(broken.names).toEqual(['r-2-0-0', 'r-2-0-1', 'r-2-0-2']);
    expect(broken.error).toMatchObject({ code: 'LaneFailed', cause: 'Lane 0: States.TaskFailed: why' });
  });

  it('of 40 lanes that rotate 75 times each, or a million turns, fits into one history', async () => {
    const few = (await run(40, (_, k) => (k < 1 ? ROTATED : DONE))).events.length;
    const more = (await run(40, (_, k) => (k < 2 ? ROTATED : DONE))).events.length;
    expect(few + 74 * (more - few)).toBeLessThan(25_000);
  });
});

describe('the lanes of a run', () => {
  it.each([
    [40, 'Lanes'],
    [41, 'ManyLanes'],
  ])('%i of them are carried by %s', async (lanes, map) => {
    const { path, names, output } = await run(lanes, (_, k) => (k < 1 ? ROTATED : DONE));
    expect(path.map(({ state }) => state)).toContain(map);
    expect(names).toHaveLength(2 * lanes);
    expect(output).toEqual({ ...RUN, end: 'reported' });
  });

  it('assign no variable of the run: AWS refuses that', () => {
    const { States } = runMachine(200, 3_600);
    const assigned = (states: States['States']) =>
      Object.values(states).flatMap(({ Assign }) => Object.keys(Assign ?? {}));
    const { Lanes, ManyLanes } = States as Record<string, Value>;
    const inner = [Lanes, ManyLanes].flatMap((map) => assigned(map.ItemProcessor.States));
    expect(inner).toContain('k');
    expect(inner.filter((name) => assigned(States).includes(name))).toEqual([]);
  });

  it('as many as there can be fit into what goes from state to state, and their names into 80 characters', async () => {
    const RUN = { run: 'r'.repeat(50), generation: 999 };
    const lanes = Array.from({ length: MAX_LANES }, (_, lane) => ({ ...RUN, lane }));
    expect(Buffer.byteLength(JSON.stringify(lanes))).toBeLessThan(PAYLOAD_BYTES);
    expect(`${RUN.run}-${RUN.generation}-${MAX_LANES - 1}-99999`.length).toBeLessThanOrEqual(80);
    expect(prepareCall.safeParse(RUN).success).toBe(true);
    expect(prepareCall.safeParse({ ...RUN, run: `${RUN.run}r` }).success).toBe(false);
  });
});
