import { posix } from 'node:path';
import type { Gate } from '../plan/plan';
import type { ContainerEngine } from './container-engine';

/** Where a container has the work tree. */
export const WORK_TREE = '/workspace';

export interface ContainerSpec {
  readonly gate: Gate & { readonly image: string };
  readonly name: string;
  /** Gets the container's id once there is one; must not be there before. */
  readonly idFile: string;
  /** Absolute path of the work tree on this machine. */
  readonly workTree: string;
  /** Folders that are there under the same path, and cannot be written to: git objects that the work tree borrows. */
  readonly readOnly: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Of this process; what a container writes belongs to them. */
  readonly user: { readonly uid: number; readonly gid: number };
}

/**
 * The arguments with which an engine runs a gate's command in a container. It sees the work tree, the declared
 * environment and lex-pr's variables; nothing else of this machine but its network. It has no capabilities and
 * gains none.
 */
export function containerArguments(
  { kind, rootless }: Pick<ContainerEngine, 'kind' | 'rootless'>,
  { gate, name, idFile, workTree, readOnly, variables, user }: ContainerSpec,
): string[] {
  const env = { CI: 'true', TERM: 'dumb', HOME: '/tmp', ...variables, ...gate.env };
  return [
    'run',
    '--rm',
    // Hands SIGTERM on to a shell that as process 1 would not feel it, and reaps.
    '--init',
    ...['--name', name],
    ...['--cidfile', idFile],
    // Output comes here; the engine would keep a second copy, of any length.
    ...['--log-driver', 'none'],
    ...['--cap-drop', 'ALL'],
    ...['--security-opt', 'no-new-privileges'],
    // SELinux would keep the container from the work tree, or change the labels of all its files.
    ...['--security-opt', 'label=disable'],
    ...userArguments(kind, rootless, user),
    ...['--mount', mount(workTree, WORK_TREE)],
    ...readOnly.flatMap((folder) => ['--mount', `${mount(folder, folder)},readonly`]),
    ...['--workdir', posix.join(WORK_TREE, gate.cwd)],
    ...Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    ...['--entrypoint', '/bin/sh'],
    gate.image,
    ...['-c', '--', gate.run],
  ];
}

/** Files of the work tree have to belong to us afterwards, or they could not be cleaned away. */
function userArguments(
  kind: ContainerEngine['kind'],
  rootless: boolean,
  { uid, gid }: ContainerSpec['user'],
): string[] {
  // The root of its containers is us already.
  if (kind === 'docker' && rootless) return [];
  return [...(kind === 'podman' && rootless ? ['--userns', 'keep-id'] : []), '--user', `${uid}:${gid}`];
}

/** The argument is a line of CSV. */
function mount(source: string, target: string): string {
  return `type=bind,${field(`source=${source}`)},${field(`target=${target}`)}`;
}

const field = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
