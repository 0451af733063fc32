import { type ExecFileException, execFile, spawn } from 'node:child_process';

/** A gate's container, as it is recorded before it is started, so that a later process can end it. */
export interface ContainerRecord {
  readonly name: string;
  /** Absolute path of the command of its engine. */
  readonly cli: string;
}

/** For an engine that is busy, in ms; beyond it, whether the container is gone is not known. */
const END_LIMIT = 60_000;

/**
 * Ends a container, whatever it does, and removes it.
 * @throws Error when its engine does not say that it is gone
 */
export async function endContainer({ name, cli }: ContainerRecord): Promise<void> {
  const { error, stderr } = await ask(cli, ['rm', '--force', name]);
  if (error === null || isGone(stderr)) return;
  // Removed from the machine, with all that it ran.
  if (error.code === 'ENOENT') return;
  throw new Error(`the container ${name} could not be ended: ${stderr.trim() || error.message}`);
}

/** Whether a container is at work still. */
export async function isContainerRunning({ name, cli }: ContainerRecord): Promise<boolean> {
  const { error, stdout } = await ask(cli, ['inspect', '--format', '{{.State.Running}}', name]);
  return error === null && stdout.trim() === 'true';
}

/** Ends containers without waiting for that. */
export function killContainers(records: readonly ContainerRecord[]): void {
  for (const { name, cli } of records)
    spawn(cli, ['rm', '--force', name], { detached: true, stdio: 'ignore' })
      .on('error', () => {})
      .unref();
}

/** It was never made, has removed itself, or is about to: `--rm` does that once nothing runs any more. */
const isGone = (stderr: string) => /no such container|is already in progress/i.test(stderr);

function ask(
  cli: string,
  args: readonly string[],
): Promise<{ error: ExecFileException | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(cli, args, { timeout: END_LIMIT }, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    );
  });
}
