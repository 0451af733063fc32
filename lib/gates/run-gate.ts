import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Gate } from '../plan/plan';
import { collectArtifacts } from './artifacts';
import { openCappedLog } from './capped-log';
import { ChangedError } from './changed-error';
import { gateEnvironment, inheritedEnvironment } from './environment';
import type { Launcher } from './launcher';
import type { ProcessRecord } from './process-group';
import { type Command, type CommandEnd, runCommand } from './run-command';
import { cwdProblem } from './work-folder';

export type { ProcessRecord };

export interface GateRequest {
  readonly gate: Gate;
  /** Absolute; the command runs in its folder `gate.cwd`. */
  readonly workTree: string;
  /** As `inheritedEnvironment` has it; that of this process, looked at anew, where it is left out. */
  readonly inherited?: Readonly<Record<string, string>>;
  /** Variables of the engine (`LEX_PR_*`), on top of the inherited ones and below `gate.env`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Absolute; what is there is removed first, and made again by the first output. */
  readonly logFile: string;
  /** Absolute; artifacts are copied below it, each at its path relative to `gate.cwd`. */
  readonly artifactsFolder: string;
  /** Abort stops the gate. */
  readonly signal: AbortSignal;
  /**
   * Called with the process before the command is released; where it throws, the command never runs. Not where a launcher
   * starts it, which records by itself.
   */
  readonly onStart: (process: ProcessRecord) => void;
  /** What starts the command, where that can. */
  readonly launcher?: Launcher | undefined;
  /** The work tree, whose path has no symbolic links then, is proven only when the launcher starts the command. */
  readonly sealed?: boolean | undefined;
  /** Runs the command elsewhere than in a shell of this machine. */
  readonly runIn?: CommandRunner | undefined;
}

/**
 * Runs the command of a gate, whatever that takes, and ends what it has started.
 * @param workTree absolute, without symbolic links
 */
export type CommandRunner = (
  request: GateRequest,
  workTree: string,
  onOutput: Command['onOutput'],
) => Promise<RunnerEnd>;

export interface RunnerEnd {
  /** Undefined where it was stopped, or could not be run, before there was a process. */
  readonly end: CommandEnd | undefined;
  /** Why the command did not run. */
  readonly problem: string | undefined;
}

export interface GateOutcome {
  readonly status: 'pass' | 'fail' | 'timeout' | 'stopped';
  /** Of the gate's shell; null where a signal ended it, or where nothing ran. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** From the release of the command to the end of its shell, in ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outputBytes: number;
  /** Whether the log lacks a part of the output. */
  readonly truncated: boolean;
  /** Paths below the artifacts folder, sorted. */
  readonly artifacts: readonly string[];
  /** The system says that no process is left of it. */
  readonly alone: boolean;
  /** What a person should know: `timed out after 600 s`, `cwd does not exist: web`, … */
  readonly note: string | undefined;
}

/**
 * Runs one attempt of a gate. Its shell's exit code alone decides; what the shell leaves in its process group
 * is killed. At the time limit and on abort the group gets SIGTERM and, 2 s later, SIGKILL.
 * @throws ChangedError where the work tree is not as it was sealed: nothing ran. What `onStart` throws, and faults of this machine (the log or an artifact cannot be written, no
 *   process can be started); the group has been ended by then. A gate that fails is an outcome.
 */
export async function runGate(request: GateRequest): Promise<GateOutcome> {
  const { gate } = request;
  // Resolved before the command runs: it may put a link in the place of its work tree.
  const workTree = request.sealed ? request.workTree : realpathSync.native(request.workTree);
  const log = openCappedLog(request.logFile);
  let size = { bytes: 0, truncated: false };
  const attempt = await attemptCommand(request, workTree, log.write).finally(() => {
    size = log.close();
  });
  const keep = attempt.end !== undefined && attempt.status !== 'stopped';
  const folders = { workTree, cwd: gate.cwd, into: request.artifactsFolder };
  const kept = keep ? await collectArtifacts(gate.artifacts, folders) : { artifacts: [], notes: [] };
  const notes = [...attempt.notes, ...kept.notes];
  const now = Date.now();
  return {
    status: attempt.status,
    exitCode: attempt.end?.exitCode ?? null,
    signal: attempt.end?.signal ?? null,
    startedAt: attempt.end?.startedAt ?? now,
    endedAt: attempt.end?.endedAt ?? now,
    outputBytes: size.bytes,
    truncated: size.truncated,
    artifacts: kept.artifacts,
    alone: attempt.end?.alone ?? false,
    note: notes.length === 0 ? undefined : notes.join('; '),
  };
}

interface Attempt {
  readonly status: GateOutcome['status'];
  readonly notes: readonly string[];
  /** Undefined where nothing ran. */
  readonly end: CommandEnd | undefined;
}

async function attemptCommand(
  request: GateRequest,
  workTree: string,
  onOutput: (chunk: Uint8Array) => void,
): Promise<Attempt> {
  const { gate } = request;
  const problem = cwdProblem(workTree, gate.cwd);
  // It may be that of a work tree that has changed.
  if (problem !== undefined && request.sealed) throw new ChangedError();
  if (problem !== undefined) return { status: 'fail', notes: [problem], end: undefined };
  try {
    const { runIn = runHere } = request;
    const { end, problem: failure } = await runIn(request, workTree, onOutput);
    if (end !== undefined) {
      const notes = [...notesOn(end, gate), ...(failure === undefined ? [] : [failure])];
      return { status: statusOf(end), notes, end };
    }
    if (failure !== undefined) return { status: 'fail', notes: [failure], end };
    return { status: 'stopped', notes: ['stopped before it started'], end };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'E2BIG') throw error;
    return { status: 'fail', notes: ['the command or its environment is too long to run'], end: undefined };
  }
}

const runHere: CommandRunner = async (request, workTree, onOutput) => {
  const { gate, variables, signal, onStart, launcher, sealed: onlyAsSealed } = request;
  const { inherited = inheritedEnvironment(process.env) } = request;
  const { run, timeoutSeconds } = gate;
  const argv = ['/bin/sh', '-c', '--', run];
  const cwd = join(workTree, gate.cwd);
  const env = gateEnvironment(inherited, variables, gate.env);
  const how = { timeoutSeconds, signal, onStart, onOutput, launcher, onlyAsSealed };
  const end = await runCommand({ argv, cwd, env, ...how });
  return { end, problem: undefined };
};

function statusOf({ interruption, exitCode }: CommandEnd): GateOutcome['status'] {
  return interruption ?? (exitCode === 0 ? 'pass' : 'fail');
}

function notesOn({ interruption, exitCode, signal, survived }: CommandEnd, gate: Gate): string[] {
  const notes: string[] = [];
  if (interruption === 'timeout') notes.push(`timed out after ${gate.timeoutSeconds} s`);
  else if (interruption === 'stopped') notes.push('stopped');
  else if (signal !== null) notes.push(`killed by ${signal}`);
  else if (exitCode === null) notes.push('how it ended is not known: the process that started it was killed');
  if (survived) notes.push('it left processes that cannot be killed');
  return notes;
}
