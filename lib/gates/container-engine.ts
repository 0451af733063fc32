import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { refuse } from '../errors';
import type { Gate } from '../plan/plan';

/** What starts containers on this machine. */
export interface ContainerEngine {
  /** Absolute path of its command. */
  readonly cli: string;
  readonly kind: 'docker' | 'podman';
  /** Whether the root of its containers is the user of this process. */
  readonly rootless: boolean;
  readonly version: string;
}

/** For a daemon that does not answer, in ms. */
const LOOK_LIMIT = 30_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Docker, or else Podman, whichever works; or why neither does. */
export async function findContainerEngine(
  env: Environment,
): Promise<ContainerEngine | { readonly problem: string }> {
  const problems: string[] = [];
  for (const name of ['docker', 'podman'] as const) {
    const cli = onPath(name, env.PATH);
    try {
      if (cli !== undefined) return await examine(cli, env);
      problems.push(`there is no ${name}`);
    } catch (error) {
      problems.push(`${name} does not work: ${reasonOf(error)}`);
    }
  }
  return { problem: problems.join(', and ') };
}

/**
 * The engine for the gates of a run, undefined where none of them runs in a container.
 * @throws InputError that names the first such gate, where nothing can start containers
 */
export async function engineFor(
  gates: Iterable<Gate>,
  env: Environment,
): Promise<ContainerEngine | undefined> {
  const gate = [...gates].find(({ runtime }) => runtime === 'container');
  if (gate === undefined) return undefined;
  const found = await findContainerEngine(env);
  if (!('problem' in found)) return found;
  throw refuse(
    'no-container-engine',
    `gate ${JSON.stringify(gate.name)} runs in a container, and nothing here can start one: ${found.problem}`,
    'install Docker or Podman and see that `docker info` or `podman info` works, or use `runtime: local`',
  );
}

/** Entries of the search path that are no absolute paths lead into whatever folder this is. */
function onPath(name: string, path = ''): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function examine(cli: string, env: Environment): Promise<ContainerEngine> {
  const ask = async (...args: string[]) =>
    (await promisify(execFile)(cli, args, { env: { ...env }, timeout: LOOK_LIMIT })).stdout.trim();
  // A command named docker may be Podman's.
  const isPodman = /podman/i.test(await ask('--version'));
  if (isPodman) {
    const [version = '', rootless] = (
      await ask('info', '--format', '{{.Version.Version}} {{.Host.Security.Rootless}}')
    ).split(' ');
    return { cli, kind: 'podman', rootless: rootless === 'true', version };
  }
  const answer = await ask('info', '--format', '{{.ServerVersion}} {{json .SecurityOptions}}');
  const [version = ''] = answer.split(' ');
  return { cli, kind: 'docker', rootless: answer.includes('name=rootless'), version };
}

/** The last line of what a command said of itself. */
function reasonOf(error: unknown): string {
  const { stderr = '', killed, message } = error as Error & { stderr?: string; killed?: boolean };
  if (killed === true) return `no answer within ${LOOK_LIMIT / 1000} s`;
  return (
    stderr
      .split('\n')
      .filter((line) => line.trim() !== '')
      .at(-1)
      ?.trim() ?? message
  );
}
