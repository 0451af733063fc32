import { type InputError, refuse } from '../../errors';
import { GitError } from '../../repository/git';
import { openRemoteSource, type RemoteSource } from '../../repository/source';
import { type GitWorkspace, openGitWorkspace } from '../git-workspace';
import { tidyClones } from './clones';
import type { Credentials } from './credentials';
import { openGitAccess } from './git-access';
import { isInScope, repositoryUrl } from './repository-url';

export interface RemoteOptions {
  /** Folder that this process has for itself, for one workspace at a time; the clones in it stay. */
  readonly home: string;
  /** URL of the repository. */
  readonly repository: string;
  /** Undefined: a repository that anybody can read. */
  readonly credentials: Credentials | undefined;
  /** Size of all clones in `home` from which on old ones are removed. */
  readonly maxBytes: number;
  /** Take `http:` to other machines, too. */
  readonly allowHttp?: boolean;
}

export interface RemoteWorkspace extends GitWorkspace {
  readonly source: RemoteSource;
  /** Ends the processes behind it and removes the login. */
  close(): Promise<void>;
}

/**
 * Opens a remote repository with the clone that is kept below `home`. A secret that the host refuses is read
 * once more.
 * @throws InputError when the URL, the secret or the repository cannot be used
 * @throws GitError when the host cannot be reached or fails: another try may help
 */
export async function openRemoteWorkspace(options: RemoteOptions): Promise<RemoteWorkspace> {
  try {
    return await open(options).catch((error: unknown) => afterRefresh(options, error, () => open(options)));
  } catch (error) {
    throw asInput(error, options) ?? error;
  }
}

/**
 * Opens a remote repository for `work`, and does that again where the host refuses a secret in the middle of
 * it that has been rotated. So `work` must be such that it can be repeated.
 * @throws as openRemoteWorkspace, and what `work` throws
 */
export async function withRemoteWorkspace<T>(
  options: RemoteOptions,
  work: (workspace: RemoteWorkspace) => Promise<T>,
): Promise<T> {
  const once = async () => {
    const workspace = await openRemoteWorkspace(options);
    try {
      return await work(workspace);
    } finally {
      await workspace.close();
    }
  };
  try {
    return await once().catch((error: unknown) => afterRefresh(options, error, once));
  } catch (error) {
    throw isRefused(error) ? (asInput(error, options) ?? error) : error;
  }
}

async function open(options: RemoteOptions): Promise<RemoteWorkspace> {
  const { home, credentials, maxBytes } = options;
  const url = repositoryUrl(options.repository, options.allowHttp);
  const login =
    credentials !== undefined && isInScope(url, credentials.scope) ? await credentials.current() : undefined;
  const access = await openGitAccess(home, url, login);
  try {
    const source = await openRemoteSource(url, access.env);
    await tidyClones(home, source, maxBytes);
    const workspace = await openGitWorkspace(home, source);
    const close = async () => {
      await workspace.close();
      await access.close();
    };
    return { ...workspace, source, close };
  } catch (error) {
    await access.close();
    throw error;
  }
}

/** Goes on where the host has refused a secret, and the secret is another one now. */
async function afterRefresh<T>(
  { credentials }: RemoteOptions,
  error: unknown,
  again: () => Promise<T>,
): Promise<T> {
  if (!isRefused(error) || !(await credentials?.refresh())) throw error;
  return again();
}

/** Git's words for 401 and 403, and for a login that it needs and does not have. */
function isRefused(error: unknown): boolean {
  const words = /Authentication failed for|could not read (Username|Password) for|returned error: 40[13]\b/;
  return error instanceof GitError && words.test(error.stderr);
}

const NOT_THERE = /^fatal: repository '.*' not found|Could not resolve host|returned error: 30\d/m;

/** What trying again does not mend. */
function asInput(error: unknown, { repository, credentials }: RemoteOptions): InputError | undefined {
  if (!(error instanceof GitError)) return undefined;
  const reason = error.stderr.trim().split('\n').at(-1);
  if (isRefused(error)) {
    const hint =
      credentials === undefined
        ? 'give the stack a secret with a token for it'
        : `check the token in the secret of the stack; it is used for ${credentials.scope}`;
    return refuse('remote-refused', `${repository} refuses access: ${reason}`, hint);
  }
  if (!NOT_THERE.test(error.stderr)) return undefined;
  return refuse(
    'remote-unreachable',
    `cannot read ${repository}: ${reason}`,
    'check the URL, and what the token may read',
  );
}
