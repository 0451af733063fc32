import { existsSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type GateOutcome, runGate } from '../../gates/run-gate';
import { endStrays } from '../../gates/strays';
import { parentlessCommit } from '../../merge/candidate';
import type { Gate } from '../../plan/plan';
import { type Lane, UnusablePathError } from '../../repository/lane';
import { remove } from '../../repository/sweep';
import { log, logWith } from './function-log';
import { fittingAnswer } from './gate-answer';
import { withJobRepository } from './job-repository';
import { type GateAnswer, type GateJob, type GateReturn, gateJob, MAX_NOTE, sourceJob } from './protocol';
import { makeSource } from './source-function';
import { storeArtifacts } from './store-artifacts';
import { downloadText, upload } from './transfer';

/** A job names bundles and gates; one that is larger is no job of ours. */
const MAX_JOB_BYTES = 32 * 2 ** 20;
const anyGateJob = z.union([gateJob, sourceJob]);

/**
 * Does a job: runs its gates, one after another, or packs what a build is made of.
 * @param home folder that this process has for itself, for one call at a time
 * @param timeLeft until the function has to answer, in ms
 * @throws TransferError, GitError, system errors, an Error that names the bundle that cannot be used: faults of
 *   this machine, another try may help
 */
export async function runGateJob(url: string, home: string, timeLeft: () => number): Promise<GateAnswer> {
  const job = anyGateJob.parse(JSON.parse(await downloadText(url, MAX_JOB_BYTES)));
  const { run, generation, lane, turn } = job;
  return logWith({ run, generation, lane, turn }, () =>
    'source' in job ? makeSource(job, home) : runGates(job, home, timeLeft),
  );
}

function runGates(job: GateJob, home: string, timeLeft: () => number): Promise<GateAnswer> {
  return withJobRepository(job, home, async ({ folder, commits, lane }) => {
    const results: GateReturn[] = [];
    for (const task of job.tasks) {
      const gate = task.gate as unknown as Gate;
      const head = gate.cache === 'tree' ? await parentlessCommit(commits, task.tree) : task.commit;
      const { item, attempt } = task;
      const about = { item, gate: gate.name, attempt };
      results.push(await logWith(about, () => runLogged({ task, gate, head, lane, folder, timeLeft })));
    }
    return fittingAnswer(results);
  });
}

interface Running {
  readonly task: GateJob['tasks'][number];
  readonly gate: Gate;
  /** The commit that the gate gets as HEAD. */
  readonly head: string;
  readonly lane: Lane;
  readonly folder: string;
  readonly timeLeft: () => number;
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

async function runTask({ task, gate, head, lane, folder, timeLeft }: Running): Promise<GateReturn> {
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
    if (!existsSync(logFile))
      return returned(task, { ...outcome, status: 'fail', note: 'it removed its own log' });
    await upload(logFile, task.log, 'text/plain; charset=utf-8');
    const kept = await storeArtifacts(task.artifacts, artifactsFolder, outcome);
    return { ...returned(task, outcome), ...kept, logged: true };
  } finally {
    endStrays(lane.folder);
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
