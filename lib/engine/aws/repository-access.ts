import { type InputError, refuse } from '../../errors';
import { GitError } from '../../repository/git';
import { openRemoteSource, type RemoteSource } from '../../repository/source';
import { type GitWorkspace, openGitWorkspace } from '../git-workspace';
import { isDamage, removeClones, tidyClones } from './clones';
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
 * Opens a remote repository with the clone that is kept below `home`, for `work`. All of that is done once more
 * where the host refuses a secret that has been rotated, and with a new clone where the one that is there is
 * damaged; so `work` must be such that it can be repeated. Works in one home wait for each other.
 * @throws InputError when the URL, the secret or the repository cannot be used
 * @throws GitError when the host cannot be reached or fails: another try may help; what `work` throws
 */
export function withRemoteWorkspace<T>(
  options: RemoteOptions,
  work: (workspace: RemoteWorkspace) => Promise<T>,
): Promise<T> {
  return inTurn(options.home, async () => {
    let isOpen = false;
    const once = async () => {
      isOpen = false;
      const workspace = await open(options);
      isOpen = true;
      try {
        return await work(workspace);
      } finally {
        await workspace.close();
      }
    };
    try {
      return await once().catch(async (error: unknown) => {
        if (!(await isMended(options, error))) throw error;
        return once();
      });
    } catch (error) {
      throw refusalOf(error, options) ?? (isOpen ? error : (absenceOf(error, options) ?? error));
    }
  });
}

/** The last work in each home. */
const last = new Map<string, Promise<unknown>>();

function inTurn<T>(home: string, work: () => Promise<T>): Promise<T> {
  const mine = (last.get(home) ?? Promise.resolve()).then(work);
  const ended = () => {};
  last.set(home, mine.then(ended, ended));
  return mine;
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

/** Whether the cause of an error is gone, so that the work may be done once more. */
async function isMended({ home, credentials }: RemoteOptions, error: unknown): Promise<boolean> {
  if (isRefused(error)) return (await credentials?.refresh()) ?? false;
  if (!isDamage(error)) return false;
  await removeClones(home);
  return true;
}

/** Git's words for 401 and 403, and for a login that it needs and does not have. */
function isRefused(error: unknown): error is GitError {
  const words = /Authentication failed for|could not read (Username|Password) for|returned error: 40[13]\b/;
  return error instanceof GitError && words.test(error.stderr);
}

function refusalOf(error: unknown, options: RemoteOptions): InputError | undefined {
  if (!isRefused(error)) return undefined;
  const message = `${options.repository} refuses access: ${lastLine(error)}`;
  return refuse('remote-refused', message, accessHint(options));
}

const NOT_THERE = /^fatal: repository '.*' not found|Could not resolve host|returned error: 30\d/m;

/** Before anything was read from it, a repository that is not there is a wrong URL. */
function absenceOf(error: unknown, options: RemoteOptions): InputError | undefined {
  if (!(error instanceof GitError) || !NOT_THERE.test(error.stderr)) return undefined;
  const message = `cannot read ${options.repository}: ${lastLine(error)}`;
  return refuse('remote-unreachable', message, `check the URL; ${accessHint(options)}`);
}

const lastLine = ({ stderr }: GitError) => stderr.trim().split('\n').at(-1);

function accessHint({ repository, credentials, allowHttp }: RemoteOptions): string {
  if (credentials === undefined) return 'if it is not public, give the stack a secret with a token for it';
  const { name, scope } = credentials;
  return isInScope(repositoryUrl(repository, allowHttp), scope)
    ? `check the token in the secret ${name}`
    : `the secret ${name} is not used here, but for ${scope} only`;
}
