import { existsSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type GateOutcome, runGate } from '../../gates/run-gate';
import { endStrays } from '../../gates/strays';
import { parentlessCommit } from '../../merge/candidate';
import type { Gate } from '../../plan/plan';
import { type Lane, UnusablePathError } from '../../repository/lane';
import { remove } from '../../repository/sweep';
import { GROUP_MS } from '../../run/grouping';
import { log, logWith } from './function-log';
import { fittingAnswer } from './gate-answer';
import { openJob } from './job-repository';
import { type GateAnswer, type GateJob, type GateReturn, gateJob, MAX_NOTE, sourceJob } from './protocol';
import { makeSource } from './source-function';
import { storeArtifacts } from './store-artifacts';
import { downloadText, upload } from './transfer';

/** A job names bundles and gates; one that is larger is no job of ours. */
const MAX_JOB_BYTES = 32 * 2 ** 20;
const anyGateJob = z.union([gateJob, sourceJob]);

/** What a function runs on. */
export interface Machine {
  /** Until the function has to answer, in ms. */
  readonly timeLeft: () => number;
  /** Removes what a gate may have left, before the next one. */
  readonly clear: () => Promise<void>;
}

/**
 * Does a job: runs its gates, one after another, or packs what a build is made of. Gates that are not begun have no
 * results: the first that fails ends the others, and so does time.
 * @param home folder that this process has for itself, for one call at a time
 * @throws TransferError, GitError, system errors, an Error that names the bundle that cannot be used: faults of
 *   this machine, another try may help
 */
export async function runGateJob(url: string, home: string, machine: Machine): Promise<GateAnswer> {
  const job = anyGateJob.parse(JSON.parse(await downloadText(url, MAX_JOB_BYTES)));
  const { run, generation, lane, turn } = job;
  return logWith({ run, generation, lane, turn }, () =>
    'source' in job ? makeSource(job, home) : runGates(job, home, machine),
  );
}

async function runGates(job: GateJob, home: string, { timeLeft, clear }: Machine): Promise<GateAnswer> {
  const results: GateReturn[] = [];
  const isolated = openJob(job, home, job.tasks.length > 1);
  const unwanted = lookFor(job.unwanted);
  const begun = Date.now();
  for (const [k, task] of job.tasks.entries()) {
    if (k > 0) {
      if (Date.now() - begun > MOST_MS) break;
      if ((await unwanted()).has(task.task)) continue;
      await clear();
    }
    const gate = task.gate as unknown as Gate;
    const { item, attempt } = task;
    const result = await logWith({ item, gate: gate.name, attempt }, () =>
      isolated(async ({ folder, commits, lane }) => {
        const head = gate.cache === 'tree' ? await parentlessCommit(commits, task.tree) : task.commit;
        return runLogged({ task, gate, head, lane, folder, timeLeft, isFirst: k === 0 });
      }),
    );
    results.push(result);
    // What it decides is not to wait for the others, which go back.
    if (result.cut || (result.outcome !== 'pass' && task.decides)) break;
  }
  return fittingAnswer(results);
}

/** No further gate is begun after that: they were predicted to take half of it. */
const MOST_MS = 2 * GROUP_MS;
/** After a look another one is not worth what it takes. */
const LOOK_MS = 1000;
/** Numbers of tasks. */
const MAX_NOTE_BYTES = 2 ** 20;

/** Which gates nobody needs any more, as far as it can be read. */
function lookFor(url: string | undefined): () => Promise<ReadonlySet<number>> {
  let seen: ReadonlySet<number> = new Set();
  let seenAt = Date.now();
  return async () => {
    if (url === undefined || Date.now() - seenAt < LOOK_MS) return seen;
    seenAt = Date.now();
    try {
      seen = new Set(z.array(z.int()).parse(JSON.parse(await downloadText(url, MAX_NOTE_BYTES))));
    } catch {
      // There is none, as a rule. Whatever else it is, the gates can run.
    }
    return seen;
  };
}

interface Running {
  readonly task: GateJob['tasks'][number];
  readonly gate: Gate;
  /** The commit that the gate gets as HEAD. */
  readonly head: string;
  readonly lane: Lane;
  readonly folder: string;
  readonly timeLeft: () => number;
  /** Nothing ran before it in this call. */
  readonly isFirst: boolean;
}

/** That it ran, not what it printed: its output is for the run's own log. */
async function runLogged(running: Running): Promise<GateReturn> {
  log.info('attempt-start', `gate ${running.gate.name} starts`);
  const result = await runTask(running);
  const { outcome, startedAt, endedAt, exitCode, signal, note, heapUsedBytes, rssBytes } = result;
  log.info('attempt-end', `gate ${running.gate.name}: ${outcome}`, {
    status: outcome,
    ms: endedAt - startedAt,
    exitCode,
    signal,
    note,
    heapUsedBytes,
    rssBytes,
  });
  return result;
}

/** Kept back from the time of the function for storing what a gate leaves. */
const STORING_MS = 30_000;

async function runTask({ task, gate, head, lane, folder, timeLeft, isFirst }: Running): Promise<GateReturn> {
  const { tree, variables } = task;
  const scratch = await mkdtemp(join(folder, 'task-'));
  const home = join(scratch, 'home');
  const temporary = join(scratch, 'tmp');
  const logFile = join(scratch, 'log');
  const artifactsFolder = join(scratch, 'artifacts');
  await Promise.all([home, temporary].map((path) => mkdir(path)));
  let workTree: string;
  try {
    workTree = await lane.checkout(head, tree);
  } catch (error) {
    // What cannot be checked out cannot be tested: that is a failure of the item, not of this machine.
    if (error instanceof UnusablePathError) return returned(task, notRun(error.message));
    throw error;
  }
  const limit = Math.floor((timeLeft() - STORING_MS) / 1000);
  if (limit < 1 && !isFirst) return { ...returned(task, notRun('no time was left')), cut: true };
  if (limit < 1) throw new Error('the function has no time left for this gate');
  const timeoutSeconds = Math.min(gate.timeoutSeconds, limit);
  try {
    const outcome = await runGate({
      gate: { ...gate, timeoutSeconds },
      workTree,
      variables: { ...variables, HOME: home, TMPDIR: temporary },
      logFile,
      artifactsFolder,
      signal: new AbortController().signal,
      onStart() {},
    });
    if (!isFirst && outcome.status === 'timeout' && limit < gate.timeoutSeconds)
      return { ...returned(task, outcome), cut: true };
    const logged = outcome.outputBytes > 0;
    if (logged && !existsSync(logFile))
      return returned(task, { ...outcome, status: 'fail', note: 'it removed its own log' });
    if (logged) await upload(logFile, task.log, 'text/plain; charset=utf-8');
    const kept = await storeArtifacts(task.artifacts, artifactsFolder, outcome);
    return { ...returned(task, outcome), ...kept, logged };
  } finally {
    // Also what has left the lane: HOME and TMPDIR are in the folder.
    endStrays(folder);
    await remove(scratch);
  }
}

function notRun(note: string): GateOutcome {
  const now = Date.now();
  return {
    status: 'fail',
    exitCode: null,
    signal: null,
    startedAt: now,
    endedAt: now,
    outputBytes: 0,
    truncated: false,
    artifacts: [],
    alone: false,
    note,
  };
}

function returned(
  { task, attempt }: GateJob['tasks'][number],
  { status, exitCode, signal, startedAt, endedAt, note }: GateOutcome,
): GateReturn {
  const { heapUsed, rss } = process.memoryUsage();
  return {
    task,
    attempt,
    // Nothing stops a gate here; a function that is ended does not answer.
    outcome: status === 'stopped' ? 'fail' : status,
    startedAt,
    endedAt,
    exitCode,
    signal,
    logged: false,
    artifacts: [],
    ...(note === undefined ? {} : { note: note.slice(0, MAX_NOTE) }),
    heapUsedBytes: heapUsed,
    rssBytes: rss,
  };
}
