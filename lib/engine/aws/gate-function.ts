import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type GateOutcome, runGate } from '../../gates/run-gate';
import { endStrays } from '../../gates/strays';
import { parentlessCommit } from '../../merge/candidate';
import type { Gate } from '../../plan/plan';
import { unpackBundle } from '../../repository/bundle';
import { openCommits } from '../../repository/commits';
import { Git, runGit } from '../../repository/git';
import { type Lane, openLane, UnusablePathError } from '../../repository/lane';
import { openReader } from '../../repository/object-reader';
import { remove } from '../../repository/sweep';
import { createTreeList } from '../../repository/tree';
import { log, logWith } from './function-log';
import { fittingAnswer } from './gate-answer';
import { type GateAnswer, type GateJob, type GateReturn, gateJob, MAX_NOTE } from './protocol';
import { storeArtifacts } from './store-artifacts';
import { download, downloadText, upload } from './transfer';

/** A job names bundles and gates; one that is larger is no job of ours. */
const MAX_JOB_BYTES = 32 * 2 ** 20;

/**
 * Runs the gates of a job, one after another. Every call starts with nothing and leaves nothing: what a gate of an
 * earlier call may have changed (objects, work trees, its home) is removed, and git computes the id of every object
 * anew when it takes in the bundles.
 * @param home folder that this process has for itself, for one call at a time
 * @param timeLeft until the function has to answer, in ms
 * @throws TransferError, GitError, system errors, an Error that names the bundle that cannot be used: faults of
 *   this machine, another try may help
 */
export async function runGateJob(url: string, home: string, timeLeft: () => number): Promise<GateAnswer> {
  const job = gateJob.parse(JSON.parse(await downloadText(url, MAX_JOB_BYTES)));
  const { run, generation, lane, turn } = job;
  return logWith({ run, generation, lane, turn }, () => runJob(job, home, timeLeft));
}

async function runJob(job: GateJob, home: string, timeLeft: () => number): Promise<GateAnswer> {
  const folder = await emptied(home);
  try {
    const git = await makeRepository(folder, job);
    const reader = openReader(git);
    const commits = await openCommits(git, reader);
    try {
      const lane = await openLane(folder, git, createTreeList(reader), 0);
      const results: GateReturn[] = [];
      for (const task of job.tasks) {
        const gate = task.gate as unknown as Gate;
        const head = gate.cache === 'tree' ? await parentlessCommit(commits, task.tree) : task.commit;
        const { item, attempt } = task;
        const about = { item, gate: gate.name, attempt };
        results.push(await logWith(about, () => runLogged({ task, gate, head, lane, folder, timeLeft })));
      }
      return fittingAnswer(results);
    } finally {
      await commits.close();
    }
  } finally {
    endStrays(folder);
    await remove(folder);
  }
}

async function emptied(folder: string): Promise<string> {
  await remove(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** A bare repository with what the bundles hold. */
async function makeRepository(folder: string, { bundles, objectFormat }: GateJob): Promise<Git> {
  const gitDir = join(folder, 'repository.git');
  const options = ['--quiet', '--bare', '--template=', '--initial-branch=main'];
  await runGit(['init', ...options, `--object-format=${objectFormat}`, '--', gitDir]);
  const git = new Git(gitDir);
  const file = join(folder, 'bundle');
  for (const { key, url } of bundles) {
    try {
      await download(url, file);
      await unpackBundle(git, file);
    } catch (error) {
      throw new Error(`${key}: ${(error as Error).message}`, { cause: error });
    }
    await rm(file);
  }
  return git;
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
