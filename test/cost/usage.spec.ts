import { usageOf } from '../../lib/engine/aws/run-usage';
import type { RunEvent } from '../../lib/run/messages';
import type { RunState } from '../../lib/run/state';
import { contextOf } from './simulate';

const run = contextOf({ items: 3, lanes: 2, gateSeconds: 1, remembered: 0 });
const state = { lanes: [{}, {}], generation: 1 } as unknown as RunState;
const starting = (lane: number, task: number, at: number): RunEvent => ({
  event: 'start',
  task,
  attempt: 1,
  lane,
  at,
});
const lost = (lane: number, at: number): RunEvent => ({ event: 'lost', lane, why: 'it died', at });
const ended = (lane: number, task: number, seconds: number): RunEvent => ({
  event: 'result',
  kind: 'gate',
  lane,
  round: 1,
  task,
  attempt: 1,
  outcome: 'pass',
  startedAt: 0,
  endedAt: seconds * 1000,
});
const used = (...commits: RunEvent[][]) =>
  usageOf(
    run,
    state,
    commits.length,
    commits.map((events, k) => ({ version: k + 1, events })),
    100_000,
  );

describe('a build', () => {
  const containers = {
    ...run,
    load: {
      ...run.load,
      tasks: run.load.tasks.map((task) => ({
        ...task,
        gate: { ...task.gate, runtime: 'container' as const },
      })),
    },
  };
  const of = (...events: RunEvent[]) =>
    usageOf(
      containers,
      state,
      1,
      [
        { version: 1, events: [] },
        { version: 2, events },
      ],
      0,
    );
  const built = (task: number, candidate: string): RunEvent =>
    ({ ...ended(0, task, 130), candidate }) as RunEvent;

  it('is billed by the minutes that it has begun, from when it was handed out', () => {
    const commits = [[starting(0, 0, 5_000)], [built(0, 'a')]].map((events, k) => ({
      version: k + 1,
      events,
    }));
    const { turns, buildMinutes, gateSeconds, packs } = usageOf(containers, state, 2, commits, 0);
    expect([turns.gate, turns.build, buildMinutes, gateSeconds, packs]).toEqual([0, 1, 3, 0, 1]);
  });

  it('has its work tree packed once, however many run on it', () => {
    expect(of(built(0, 'a')).packs).toBe(1);
    expect(of(built(0, 'a'), built(1, 'a'), built(2, 'b')).packs).toBe(2);
    expect(used([ended(0, 0, 1)]).packs).toBe(0);
  });
});

describe('what was lost with its worker', () => {
  it('is a gate where the lane had one, for as long as it had it', () => {
    const { turns, lost: gone, gateSeconds } = used([starting(0, 0, 1_000)], [lost(0, 31_000)]);
    expect([turns.gate, gone, gateSeconds]).toEqual([0, { gate: 1, merge: 0 }, 30]);
  });

  it('is weaving where it had none', () => {
    const usage = used([starting(0, 0, 0)], [ended(0, 0, 2)], [lost(0, 9_000)]);
    expect([usage.turns.gate, usage.lost, usage.gateSeconds]).toEqual([1, { gate: 0, merge: 1 }, 2]);
  });

  it('has no result, even where the last loss makes one', () => {
    const usage = used([starting(1, 0, 0)], [lost(1, 5_000), ended(1, 0, 0)]);
    expect([usage.turns.gate, usage.lost.gate, usage.gateSeconds]).toEqual([0, 1, 5]);
  });
});

it('two lanes whose results one commit takes in are two turns', () => {
  const usage = used([starting(0, 0, 0), starting(1, 1, 0)], [ended(0, 0, 2), ended(1, 1, 3)]);
  expect([usage.turns.gate, usage.gateSeconds]).toEqual([2, 5]);
});

it('time counts from the first start of a gate, and not at all without one', () => {
  expect(used([starting(0, 0, 40_000)]).seconds).toBe(60);
  expect(used([]).seconds).toBe(0);
});
