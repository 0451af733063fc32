import { laneMachine } from '../../lib/infra/lane-machine';
import { type Call, type Execution, execute, Fault, type Value } from './execution';

// Thousands of turns take a while on a machine that is busy.
jest.setTimeout(60_000);

export const JOB = 'https://bucket.example/runs/r/job?signature';
export const BUILD = {
  task: 3,
  attempt: 1,
  at: 5,
  name: 'secret',
  image: 'tools:1',
  credentials: 'SERVICE_ROLE',
  gate: 'runs/r/sources/secret.zip',
  tree: 'runs/r/sources/tree.zip',
  output: 'runs/r/builds/secret',
  minutes: 25,
};
export const LANE = { run: 'r', generation: 1, lane: 0, k: 0 };

/** One turn of a lane: what `next` hands out, and the faults before each state's success. */
export interface Turn {
  readonly kind: 'gate' | 'build' | 'check' | 'merge' | 'sleep' | 'settled' | 'done' | 'other';
  /** Errors of `Next`, one an attempt. */
  readonly next?: readonly string[];
  /** Errors of `Gate`, `Build`, `Check` or `Merge`, one an attempt. */
  readonly work?: readonly string[];
}

/** Executes a lane that is handed these turns; after the last one it is done. */
export async function lane(
  turns: readonly Turn[],
  rotateAfter?: number,
): Promise<Execution & { calls: Call[] }> {
  const calls: Call[] = [];
  let turn = -1;
  const done: Turn = { kind: 'done' };
  const execution = await execute(laneMachine(rotateAfter), LANE, (call): Value => {
    calls.push(call);
    if (call.state === 'Next' && call.retry === 0) turn++;
    const { kind, next = [], work = [] } = turns[turn] ?? done;
    const error = (call.state === 'Next' ? next : work)[call.retry];
    if (error !== undefined) throw new Fault(error);
    if (call.state === 'Merge') return { Payload: null };
    if (call.state === 'Build') return { Build: { Id: 'b', BuildStatus: 'SUCCEEDED' } };
    if (call.state === 'Check') return {};
    if (call.state === 'Gate') return { Payload: { results: [{ task: turn }] } };
    const all = {
      gate: { job: JOB },
      build: { build: BUILD },
      check: { seconds: 90 },
      sleep: { until: '2026-01-01T00:00:00Z' },
    };
    const more = all[kind as keyof typeof all] ?? {};
    return { turn, kind, ...more };
  });
  return { ...execution, calls };
}
