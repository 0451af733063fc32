import { applyPause, type KeptPause, readPauses, writePauses } from '../engine/pauses';
import { callRun } from '../engine/running';
import { stateFile } from '../engine/workspace';
import { refuse } from '../errors';
import { orderPlan } from '../plan/order';
import { openHome } from '../repository/home';
import { decodeState } from '../run/codec';
import { decodeRecord } from '../run/record';
import { openSqliteStore } from '../run/sqlite-store';
import { createWorkload } from '../run/workload';
import { cancelReason } from './cancel-reason';
import { stackOf } from './engine';
import { ExitCode, type Io } from './io';

export interface PauseOptions {
  /** Default: all. */
  readonly target?: string;
  readonly json?: boolean;
}

/** `lex-pr pause`: from now on nothing lands; a landing that has begun is told. @returns 0 */
export async function pause(options: PauseOptions & { readonly reason: string }, io: Io): Promise<number> {
  const { target = null } = options;
  return change(options, io, (pauses) => {
    const known = pauses.find((one) => one.target === target);
    if (known !== undefined)
      throw refuse(
        'paused',
        `${nameOf(target)} is paused already, ${known.why}`,
        'end that first: lex-pr unpause',
      );
    return [...pauses, { target, why: cancelReason(options.reason), at: Date.now() }];
  });
}

/** `lex-pr unpause`: ends a pause; runs that waited for that land at once. @returns 0 */
export async function unpause(options: PauseOptions, io: Io): Promise<number> {
  const { target = null } = options;
  return change(options, io, (pauses) => {
    if (pauses.some((one) => one.target === target)) return pauses.filter((one) => one.target !== target);
    const known = pauses.map((one) => nameOf(one.target)).join(', ');
    const hint = known === '' ? 'nothing is' : `what is: ${known}`;
    throw refuse('not-paused', `${nameOf(target)} is not paused`, hint);
  });
}

async function change(
  { target, json = false }: PauseOptions,
  io: Io,
  to: (pauses: KeptPause[]) => KeptPause[],
): Promise<number> {
  if (stackOf({}, io.env) !== undefined)
    throw refuse('usage', 'pauses are for the local engine', 'unset LEX_PR_ENGINE; on AWS use policy.freeze');
  const home = await openHome(io.cwd);
  const pauses = to(readPauses(home));
  writePauses(home, pauses);
  const landing = await tellRuns(home);
  const status = pauses.some((one) => one.target === (target ?? null)) ? 'paused' : 'unpaused';
  const late = status === 'paused' ? landing : [];
  if (json) io.stdout.write(`${JSON.stringify({ target: target ?? null, status, landing: late })}\n`);
  else {
    const words = status === 'paused' ? 'is paused: gates run, nothing lands' : 'is no longer paused';
    io.stdout.write(`${nameOf(target ?? null)} ${words}\n`);
    for (const run of late) io.stdout.write(`run ${run} is landing now: too late for that one\n`);
  }
  return ExitCode.merged;
}

/** Every run that has not ended hears of it. @returns those whose landing has begun already */
async function tellRuns(home: string): Promise<string[]> {
  const landing: string[] = [];
  const store = openSqliteStore(stateFile(home));
  try {
    for (const run of await store.list()) {
      if (run.endedAt !== undefined) continue;
      const record = decodeRecord(run.record);
      const load = createWorkload(orderPlan(record.plan), record.plan.policy, record);
      await applyPause(home, store, record, load);
      const { phase, weave } = decodeState(load, (await store.read(run.id)).state);
      if (phase === 'land' && weave.busy) landing.push(run.id);
    }
  } finally {
    await store.close();
  }
  callRun(home);
  return landing;
}

const nameOf = (target: string | null) => target ?? 'every target';
