import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { containerArguments } from './container-arguments';
import type { ContainerEngine } from './container-engine';
import { type ContainerRecord, endContainer } from './containers';
import type { EnsureImage } from './images';
import { OutputTail } from './output-tail';
import { type Command, type CommandEnd, runCommand } from './run-command';
import type { CommandRunner, GateRequest, RunnerEnd } from './run-gate';

/** How a gate gets its container. */
export interface ContainerSettings {
  readonly engine: ContainerEngine;
  readonly ensureImage: EnsureImage;
  /** Folders to be seen under their own path. */
  readonly readOnly: readonly string[];
  /** Called before there is a container, and once it is gone. */
  readonly onContainer: (container: ContainerRecord) => void;
  readonly onContainerGone: (container: ContainerRecord) => void;
}

/**
 * Runs the commands of gates in containers until those are gone. The engine's command is a process of ours like a
 * local gate's shell; ending it is no end of what it started, so the container is ended by its name besides.
 * @returns throws what `runCommand` throws, and an Error where the container could not be ended
 */
export function inContainer(container: ContainerSettings): CommandRunner {
  return (request, workTree, onOutput) => run(container, request, workTree, onOutput);
}

async function run(
  container: ContainerSettings,
  { gate, variables, logFile, signal, onStart }: GateRequest,
  workTree: string,
  onOutput: Command['onOutput'],
): Promise<RunnerEnd> {
  const { image } = gate;
  if (image === undefined) throw new Error('no image for this gate');
  const tail = new OutputTail();
  const command = {
    cwd: workTree,
    env: ourEnvironment(),
    signal,
    onStart,
    onOutput(chunk: Uint8Array) {
      tail.add(chunk);
      onOutput(chunk);
    },
  };
  const problem = await container.ensureImage(image, command);
  if (signal.aborted) return { end: undefined, problem: undefined };
  if (problem !== undefined) return { end: undefined, problem };

  const { cli } = container.engine;
  const record = { name: `lex-pr-${randomUUID()}`, cli };
  const idFile = `${logFile}.container`;
  rmSync(idFile, { force: true });
  mkdirSync(dirname(idFile), { recursive: true });
  const argv = containerArguments(container.engine, {
    gate: { ...gate, image },
    name: record.name,
    idFile,
    workTree,
    readOnly: container.readOnly,
    variables,
    user: { uid: process.getuid!(), gid: process.getgid!() },
  });
  container.onContainer(record);
  try {
    const { timeoutSeconds } = gate;
    const end = await runCommand({ ...command, argv: [cli, ...argv], timeoutSeconds });
    const failure = end && engineProblem(end, existsSync(idFile), tail.text());
    // The code is the engine's: there was no command that could have had one.
    return failure === undefined
      ? { end, problem: undefined }
      : { end: { ...end!, exitCode: null }, problem: failure };
  } finally {
    rmSync(idFile, { force: true });
    // Where this fails it stays on record, and is ended before another run begins.
    await endContainer(record);
    container.onContainerGone(record);
  }
}

/** What the engine's command needs: its settings, contexts and credentials. None of it reaches the container. */
function ourEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** How Docker and Podman begin what they say themselves. */
const ENGINE_SAYS = /^(?:docker: |Error: )(.*)$/m;

/**
 * That it was not the command that failed. Engines have the exit codes 125 (of their own), 126 and 127 (no shell in
 * the image), which a command may have as well; then what the engine says tells them apart.
 */
function engineProblem(
  { exitCode, interruption }: CommandEnd,
  hadContainer: boolean,
  output: string,
): string | undefined {
  if (interruption !== undefined || exitCode === 0) return undefined;
  const [, said] = ENGINE_SAYS.exec(output) ?? [];
  const isEngineCode = exitCode !== null && exitCode >= 125 && exitCode <= 127;
  if (hadContainer && !(isEngineCode && said !== undefined)) return undefined;
  return `the container could not be started: ${said?.slice(0, 300) ?? 'see the log'}`;
}
