import { dirname } from 'node:path';
import { isLanding } from '../engine/apply-pause';
import type { Paused } from '../engine/aws/control-protocol';
import { applyLocalPause, changePauses, readPauses } from '../engine/pauses';
import { callRun } from '../engine/running';
import { stateFile } from '../engine/workspace';
import { refuse } from '../errors';
import { orderPlan } from '../plan/order';
import { openHome } from '../repository/home';
import { shellWord } from '../repository/shell-quote';
import { type KeptPause, type PauseWords, withoutPause, withPause } from '../run/pauses';
import { decodeRecord } from '../run/record';
import { openSqliteStore } from '../run/sqlite-store';
import { createWorkload } from '../run/workload';
import { printable } from '../telemetry/printable';
import { cancelReason } from './cancel-reason';
import { ExitCode, type Io } from './io';
import { writeNotes } from './notes';
import { noteUnknownBranch, refuseNoBranch } from './paused-branch';

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
  if (target !== null) refuseNoBranch(target);
  const notes = target === null ? [] : await noteUnknownBranch(io.cwd, target);
  const pause = { target, why: cancelReason(options.reason), at: Date.now() };
  const home = await openHome(io.cwd);
  const landing = await change(home, (pauses) => withPause(pauses, pause, WORDS));
  io.stdout.write(pausedText({ target, status: 'paused', landing }, nameIn(home, target), options.json));
  writeNotes(notes, options.json ?? false, io);
  return ExitCode.merged;
}

/** `lex-pr unpause`: ends a pause; runs that waited for that land at once. @returns 0 */
export async function unpause(options: PauseOptions, io: Io): Promise<number> {
  const target = localTarget(options);
  const home = await openHome(io.cwd);
  await change(home, (pauses) => withoutPause(pauses, target, WORDS));
  io.stdout.write(
    pausedText({ target, status: 'unpaused', landing: [] }, nameIn(home, target), options.json),
  );
  if (!options.json) io.stdout.write(stillPausedText(readPauses(home)));
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

/**
 * Every run that has not ended hears of it, also where there is nothing to change: whoever made the last change may
 * have died before. @returns those whose landing has begun already
 */
async function change(
  home: string,
  to: (pauses: readonly KeptPause[]) => readonly KeptPause[],
): Promise<readonly string[]> {
  let landing: readonly string[] = [];
  try {
    changePauses(home, to);
  } finally {
    landing = await tellRuns(home);
  }
  return landing;
}

async function tellRuns(home: string): Promise<readonly string[]> {
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

/** A pause of every target and those of single ones end one by one. */
const stillPausedText = (pauses: readonly KeptPause[]) =>
  pauses.map(({ target, why }) => `still paused: ${printable(nameOf(target))}, ${printable(why)}\n`).join('');

const nameOf = (target: string | null) => target ?? 'every target';

const WORDS: PauseWords = {
  nameOf,
  unpause: (target) => `lex-pr unpause${target === null ? '' : ` --target ${shellWord(target)}`}`,
};

/** With the folder whose runs are meant: it may be another one than somebody thinks. */
const nameIn = (home: string, target: string | null) => printable(`${nameOf(target)} of ${dirname(home)}`);
