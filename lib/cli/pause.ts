import { isLanding } from '../engine/apply-pause';
import type { Paused } from '../engine/aws/control-protocol';
import { applyLocalPause, readPauses, writePauses } from '../engine/pauses';
import { callRun } from '../engine/running';
import { stateFile } from '../engine/workspace';
import { refuse } from '../errors';
import { orderPlan } from '../plan/order';
import { openHome } from '../repository/home';
import { type KeptPause, withoutPause, withPause } from '../run/pauses';
import { decodeRecord } from '../run/record';
import { openSqliteStore } from '../run/sqlite-store';
import { createWorkload } from '../run/workload';
import { cancelReason } from './cancel-reason';
import { ExitCode, type Io } from './io';

export interface PauseOptions {
  /** Default: all. */
  readonly target?: string;
  /** On AWS, where a stack may have more than one. */
  readonly repository?: string;
  readonly json?: boolean;
}
export type PauseCommandOptions = PauseOptions & { readonly reason: string };

/** `lex-pr pause`: from now on nothing lands; a landing that has begun is told. @returns 0 */
export async function pause(options: PauseCommandOptions, io: Io): Promise<number> {
  const target = localTarget(options);
  const pause = { target, why: cancelReason(options.reason), at: Date.now() };
  const landing = await change(io, (pauses) => withPause(pauses, pause, nameOf));
  io.stdout.write(pausedText({ target, status: 'paused', landing }, nameOf(target), options.json));
  return ExitCode.merged;
}

/** `lex-pr unpause`: ends a pause; runs that waited for that land at once. @returns 0 */
export async function unpause(options: PauseOptions, io: Io): Promise<number> {
  const target = localTarget(options);
  await change(io, (pauses) => withoutPause(pauses, target, nameOf));
  io.stdout.write(pausedText({ target, status: 'unpaused', landing: [] }, nameOf(target), options.json));
  return ExitCode.merged;
}

/** What either engine prints. */
export function pausedText(
  answer: Pick<Paused, 'target' | 'status' | 'landing'>,
  name: string,
  json = false,
): string {
  if (json) return `${JSON.stringify(answer)}\n`;
  const { status, landing } = answer;
  const words = status === 'paused' ? 'is paused: gates run, nothing lands' : 'is no longer paused';
  const late = landing.map((run) => `run ${run} is landing now: too late for that one\n`);
  return `${name} ${words}\n${late.join('')}`;
}

function localTarget({ target, repository }: PauseOptions): string | null {
  if (repository === undefined) return target ?? null;
  throw refuse(
    'usage',
    '--repository is for the aws engine',
    'leave it out: here it is the repository of this folder',
  );
}

/** Every run that has not ended hears of it. @returns those whose landing has begun already */
async function change(
  io: Io,
  to: (pauses: readonly KeptPause[]) => readonly KeptPause[],
): Promise<readonly string[]> {
  const home = await openHome(io.cwd);
  writePauses(home, to(readPauses(home)));
  const landing: string[] = [];
  const store = openSqliteStore(stateFile(home));
  try {
    for (const run of await store.list()) {
      if (run.endedAt !== undefined) continue;
      const record = decodeRecord(run.record);
      const load = createWorkload(orderPlan(record.plan), record.plan.policy, record);
      if (isLanding(await applyLocalPause(home, store, record, load))) landing.push(run.id);
    }
  } finally {
    await store.close();
  }
  callRun(home);
  return landing;
}

const nameOf = (target: string | null) => target ?? 'every target';
