import { placeOf } from '../../callbacks/callback';
import { answerLog, outcomeOf } from '../../callbacks/outcome';
import type { WaiterStore } from '../../callbacks/store';
import type { GateResult } from '../../run/messages';
import type { RunState, Work } from '../../run/state';
import type { Task } from '../../run/workload';
import { logPath } from '../gate-files';
import { type Blobs, blobKeys } from './blobs';
import type { RunContext } from './run-context';
import { testedBy } from './tested';

export interface CheckResults {
  readonly callbacks: WaiterStore;
  readonly blobs: Blobs;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** One attempt of a gate that runs elsewhere, and where its callback stands. */
export interface CheckTask {
  readonly task: Task;
  readonly index: number;
  readonly attempt: number;
  readonly place: string;
}

/** The gates among some work that run elsewhere. */
export function checksOf({ load }: RunContext, state: RunState, work: Work | undefined): CheckTask[] {
  if (work?.kind !== 'gates') return [];
  return work.tasks.flatMap(({ task: index, attempt }) => {
    const task = load.tasks[index]!;
    if (task.gate.runtime !== 'ci-service') return [];
    return [{ task, index, attempt, place: placeOf(task, index, attempt, state.weave.round) }];
  });
}

/**
 * What a check has come to, as its callback has it: an answer, or that its time is over, which from then on stays.
 * The log that an answer has brought is put to the files of the run.
 * @returns undefined as long as it can be answered, and where it was never asked for
 */
export async function checkResult(
  { callbacks, blobs, now }: CheckResults,
  run: RunContext,
  state: RunState,
  { task, index, attempt, place }: CheckTask,
): Promise<GateResult | undefined> {
  const { record, names } = run;
  const there = await callbacks.get(record.id, place);
  const isOver = there?.end === undefined && there !== undefined && now() >= there.expiresAt;
  const ended = isOver
    ? await callbacks.end(record.id, place, there.id, { kind: 'closed', at: now() })
    : there;
  const end = ended?.end;
  if (end === undefined) return undefined;
  const log = logPath(names, task, state.weave.round, attempt);
  if (end.kind === 'answered')
    await blobs.put(blobKeys.file(record.id, log), answerLog(end.answer), 'text/plain; charset=utf-8');
  const { status, exitCode, note } = outcomeOf(end, task.gate.timeoutSeconds);
  // Who has waited before a take-over was another lane.
  const { since = end.at } = (await callbacks.waiter(record.id, place)) ?? {};
  const tested = testedBy(run, state, index);
  return {
    kind: 'gate',
    task: index,
    attempt,
    outcome: status,
    startedAt: Math.min(since, end.at),
    endedAt: end.at,
    exitCode,
    signal: null,
    artifacts: [],
    ...(end.kind === 'answered' && { log }),
    ...(note !== undefined && { note }),
    ...(tested.kind === 'clean' && { candidate: tested.commit }),
  };
}

/** The results of those checks of a lane that have one. */
export async function checkResults(
  services: CheckResults,
  run: RunContext,
  state: RunState,
  work: Work | undefined,
): Promise<GateResult[]> {
  const all = checksOf(run, state, work).map((check) => checkResult(services, run, state, check));
  return (await Promise.all(all)).filter((result) => result !== undefined);
}
