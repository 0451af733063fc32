import { execFile } from 'node:child_process';
import { OutputTail } from './output-tail';
import { type Command, runCommand } from './run-command';

/** For one image, in seconds; what it takes is not taken off the time limit of a gate. */
const PULL_LIMIT = 3_600;

type Pulling = Pick<Command, 'cwd' | 'env' | 'signal' | 'onStart' | 'onOutput'>;

/** Sees to it that an image is on this machine. @returns why it cannot be had; undefined where it is there */
export type EnsureImage = (image: string, pulling: Pulling) => Promise<string | undefined>;

/**
 * Images of an engine: one that is not there is pulled, once for all lanes that want it.
 * @param cli absolute path of the engine's command
 */
export function openImages(cli: string): EnsureImage {
  const pulls = new Map<string, Promise<string | undefined>>();
  return (image, pulling) => {
    const known = pulls.get(image);
    if (known !== undefined) return known;
    const pull = ensure(cli, image, pulling).finally(() => pulls.delete(image));
    pulls.set(image, pull);
    return pull;
  };
}

async function ensure(cli: string, image: string, pulling: Pulling): Promise<string | undefined> {
  if (await isThere(cli, image, pulling.env)) return undefined;
  const tail = new OutputTail();
  const end = await runCommand({
    ...pulling,
    // The log is the gate's; what a pull says is of interest only where it fails.
    onOutput: (chunk) => tail.add(chunk),
    argv: [cli, 'pull', '--quiet', image],
    timeoutSeconds: PULL_LIMIT,
  });
  if (end?.exitCode === 0) return undefined;
  pulling.onOutput(tail.bytes());
  const why = end?.interruption === 'timeout' ? `not there within ${PULL_LIMIT} s` : 'see the log';
  return `the image ${image} could not be pulled: ${why}`;
}

function isThere(cli: string, image: string, env: Record<string, string>): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(cli, ['image', 'inspect', image], { env, maxBuffer: 1 << 26 }, (error) =>
      resolve(error === null),
    );
  });
}
