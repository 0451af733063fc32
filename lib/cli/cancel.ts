import { type CancelAnswer, cancelRun } from '../engine/cancel-run';
import { takeOut, waitingIn } from '../engine/line';
import { carryOn, type LocalRun } from '../engine/local';
import { orderCached } from '../engine/order-cached';
import { runStatus } from '../engine/run-status';
import { callRun, runLeft, runningRun } from '../engine/running';
import { openWorkspace, stateFile } from '../engine/workspace';
import { InputError, refuse } from '../errors';
import { orderPlan } from '../plan/order';
import { openHome } from '../repository/home';
import { openPrivate } from '../repository/private';
import { openSource } from '../repository/source';
import { isStopped } from '../run/codec';
import { decodeRecord, type RunRecord } from '../run/record';
import { openSqliteStore } from '../run/sqlite-store';
import type { RunStore, StoredRun } from '../run/store';
import { createWorkload } from '../run/workload';
import { createMetrics } from '../telemetry/lex-pr-metrics';
import { createLogger } from '../telemetry/logger';
import { makeArtifactFolder } from './artifact-folder';
import { cancelReason } from './cancel-reason';
import { findRun } from './find-run';
import { finishRun } from './finish-run';
import { ExitCode, type Io } from './io';
import { writeNotes } from './notes';
import { recorded } from './recorded';

export interface CancelOptions {
  /** Why, for the report. */
  readonly reason?: string;
  readonly json?: boolean;
}

/**
 * `lex-pr cancel`: ends a run so that nothing of it lands from then on. The process that carries it ends its gates
 * and writes the report; where there is none that is done here. @returns 0 once acknowledged, 1 when it is too late
 */
export async function cancel(id: string | undefined, options: CancelOptions, io: Io): Promise<number> {
  const home = await openHome(io.cwd);
  const store = openSqliteStore(stateFile(home));
  try {
    if (id !== undefined && leavesLine(home, id) && (await store.find(id)) === undefined) {
      const words = `run ${id} is cancelled: it has not begun`;
      io.stdout.write(
        options.json ? `${JSON.stringify({ runId: id, status: 'cancelled' })}\n` : `${words}\n`,
      );
      return ExitCode.merged;
    }
    const run = await runToCancel(home, store, id);
    const record = recorded(run.id, () => decodeRecord(run.record));
    const note: Note = (message) =>
      writeNotes([{ event: 'cancel', message, warn: true }], options.json ?? false, io, { run: run.id });
    const ask = askerOf(home, store, record, cancelReason(options.reason));
    let answer = await ask();
    while (answer === 'landing') {
      await landingOver(home, record, io, note);
      answer = await ask();
    }
    const words = answer === 'cancelled' ? cancelledWords(record) : await tooLateWords(home, store, record);
    io.stdout.write(options.json ? `${JSON.stringify({ runId: run.id, status: answer })}\n` : `${words}\n`);
    await finishIfLeft(home, store, record, io, note);
    return answer === 'cancelled' ? ExitCode.merged : ExitCode.failed;
  } finally {
    await store.close();
  }
}

/** Takes a run out of the line. One that waits to be resumed is there all the same, and has to be stopped for good. */
const leavesLine = (home: string, id: string) =>
  waitingIn(home).some(({ run }) => run === id) && takeOut(home, id);

type Note = (message: string) => void;

/** The one named, or else the current one. */
async function runToCancel(home: string, store: RunStore, id: string | undefined): Promise<StoredRun> {
  const run = await (id === undefined ? currentRun(home, store) : findRun(store, id));
  const wasCancelled = async () => isStopped((await store.read(run.id)).state);
  // Who asks again because an answer was lost gets it again.
  if (run.endedAt !== undefined && !(await wasCancelled()))
    throw refuse('run-ended', `run ${run.id} has ended`, 'see lex-pr report');
  return run;
}

/** The one that runs, or where none does the newest, if it was interrupted. */
async function currentRun(home: string, store: RunStore): Promise<StoredRun> {
  const runs = await store.list();
  const current = runningRun(home);
  const [newest] = runs;
  const run =
    runs.find((known) => known.id === current) ?? (newest?.endedAt === undefined ? newest : undefined);
  if (run !== undefined) return run;
  const interrupted = runs.find(({ endedAt }) => endedAt === undefined);
  // Whoever asks twice does not mean another run.
  throw interrupted === undefined
    ? refuse('nothing-to-cancel', 'no run goes on here', 'see lex-pr status')
    : refuse(
        'nothing-to-cancel',
        `no run goes on here; run ${interrupted.id} was interrupted`,
        `end it for good with lex-pr cancel ${interrupted.id}`,
      );
}

function askerOf(home: string, store: RunStore, record: RunRecord, why: string): () => Promise<CancelAnswer> {
  const load = createWorkload(orderPlan(record.plan), record.plan.policy, record);
  const git = async () => {
    const source = await openSource(record.plan.repository);
    return { source, repository: await openPrivate(home, source) };
  };
  return () =>
    cancelRun({ store, record, load, why, git, onStopped: async () => callRun(home), now: Date.now });
}

/** The repository refuses the fence, so its answer to the landing has to be waited for. */
async function landingOver(home: string, record: RunRecord, io: Io, note: Note): Promise<void> {
  if (runningRun(home) === record.id) {
    note(
      `${record.plan.repository} refuses the fence of ${record.plan.target}: waiting for the end of the landing`,
    );
    await runLeft(home, record.id);
  } else await finishHere(io.cwd, record);
}

/** What nobody carries any more gets its report here; where that is not possible, resume does it. */
async function finishIfLeft(
  home: string,
  store: RunStore,
  record: RunRecord,
  io: Io,
  note: Note,
): Promise<void> {
  const left = async () =>
    runningRun(home) === undefined &&
    (await store.find(record.id))?.endedAt === undefined &&
    isStopped((await store.read(record.id)).state);
  if (!(await left())) return;
  try {
    await finishHere(io.cwd, record);
  } catch (error) {
    const isTaken = error instanceof InputError && error.problems[0]?.code === 'run-in-progress';
    if (isTaken) return;
    const { message } = error as Error;
    note(`the report cannot be written: ${message}; lex-pr resume ${record.id} tries again`);
  }
}

async function finishHere(cwd: string, record: RunRecord): Promise<void> {
  const workspace = await openWorkspace(cwd, record.plan.repository);
  try {
    // Somebody may have been faster.
    if ((await workspace.store.find(record.id))?.endedAt !== undefined) return;
    const metrics = createMetrics();
    const { ordered, orders } = await orderCached(record.plan, workspace.cache, metrics);
    const load = createWorkload(ordered, record.plan.policy, record);
    const run: LocalRun = { workspace, record, ordered, load };
    const reportFolder = record.artifactFolder;
    await makeArtifactFolder(reportFolder);
    const silent = { onCommit() {}, onActive() {} };
    const outcome = await carryOn(run, silent, new AbortController().signal);
    await finishRun(run, { metrics, orders, reportFolder }, outcome, SILENT);
  } finally {
    await workspace.close();
  }
}

const SILENT = createLogger({ format: 'human', level: 'error', stream: { write() {} }, colour: false });

const cancelledWords = ({ id, execute, plan }: RunRecord) =>
  `run ${id} is cancelled${execute ? `: nothing of it lands on ${plan.target}` : ''}`;

/** Gates of a run whose items are all decided go on, because its report tells of them. */
async function tooLateWords(
  home: string,
  store: RunStore,
  { id, execute, plan }: RunRecord,
): Promise<string> {
  const ended = execute
    ? `too late: run ${id} has landed on ${plan.target}, or has nothing left to land; see lex-pr status ${id}`
    : `too late: all items of run ${id} are decided`;
  const run = await store.find(id);
  if (run === undefined || runningRun(home) !== id) return ended;
  const { running } = runStatus(run, (await store.read(id)).state, true);
  if (running.length === 0) return ended;
  return `${ended}\n${running.length === 1 ? 'one gate still runs' : `${running.length} gates still run`} for the report (${running.join(', ')}): Ctrl-C where the run goes on stops that, and lex-pr resume ${id} finishes it`;
}
