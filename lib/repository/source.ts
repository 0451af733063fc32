import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type InputError, refuse } from '../errors';
import { Git, GitError, runGit } from './git';
import { requireGit } from './require-git';
import { networkEnvironment, parseSettings, type Setting } from './user-config';

/** Who works in a repository. */
export const USER_KEYS = '^user\\.(name|email)$';

/** The repository a plan names. */
export type Source =
  | {
      readonly kind: 'local';
      /** Common git directory, absolute. */
      readonly gitDir: string;
      readonly objectFormat: 'sha1' | 'sha256';
      /** What it says of its user, in the order in which git applies it. */
      readonly user: readonly Setting[];
    }
  | RemoteSource;

export interface RemoteSource {
  readonly kind: 'remote';
  readonly url: string;
  readonly objectFormat: 'sha1' | 'sha256';
  /** Environment for network git: credential, http, url and ssh settings. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Opens the repository of a plan: a URL, or a path of a work tree, a folder inside one or a bare repository.
 * @throws InputError when there is none, it cannot be reached, or it lacks a part of its history
 */
export async function openSource(repository: string): Promise<Source> {
  await requireGit();
  return isRemote(repository) ? openRemote(repository) : openLocal(resolve(repository));
}

/**
 * Whether a repository is named by URL, `scheme://…` or scp-like `host:path`, rather than by path.
 * The rule is git's: a colon before the first slash (git-clone(1), "GIT URLS").
 */
export function isRemote(repository: string): boolean {
  return /^[^/]*:/.test(repository);
}

/** Git on the user's own repository. */
export function sourceGit(source: Source & { kind: 'local' }): Git {
  return new Git(source.gitDir);
}

async function openLocal(folder: string): Promise<Source> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw refuse('no-such-folder', `there is no folder ${folder}`, 'check `repository` in the plan');

  const questions = ['--show-object-format', '--is-shallow-repository', '--git-common-dir'];
  const answers = await answer(
    runGit(['rev-parse', '--path-format=absolute', ...questions], { cwd: folder }),
    (reason) =>
      refuse(
        'not-a-repository',
        `${folder} is not a git repository: ${reason}`,
        'go to the repository, or name it in the plan: `repository: <path or URL>`',
      ),
  );
  // The path comes last because it may hold newlines.
  const [format, shallow, ...path] = answers.stdout.toString().replace(/\n$/, '').split('\n');
  const gitDir = path.join('\n');

  if (shallow === 'true')
    throw refuse('shallow-repository', `${folder} lacks older history`, 'git fetch --unshallow');
  const settings = await settingsOf(gitDir, `${USER_KEYS}|${PARTIAL_KEYS}`);
  const isUser = new RegExp(USER_KEYS);
  if (settings.some(([key, value]) => !isUser.test(key) && !/^(false|no|off|0|)$/i.test(value)))
    throw refuse('partial-clone', `${folder} is a partial clone and lacks objects`, 'clone without --filter');
  const user = settings.filter(([key]) => isUser.test(key));
  return { kind: 'local', gitDir, objectFormat: format === 'sha256' ? 'sha256' : 'sha1', user };
}

const PARTIAL_KEYS = '^(extensions\\.partialclone|remote\\..*\\.promisor)$';

/** The settings of a repository itself whose canonical keys match a POSIX regular expression. */
export async function settingsOf(gitDir: string, keys: string): Promise<Setting[]> {
  const found = await new Git(gitDir).run(['config', '-z', '--get-regexp', keys], { allow: [0, 1] });
  return parseSettings(found.stdout.toString());
}

async function openRemote(url: string): Promise<Source> {
  return answer(openRemoteSource(url, await networkEnvironment()), (reason) =>
    refuse(
      'remote-unreachable',
      withoutPasswords(`cannot read ${url}: ${reason}`),
      'check the URL and your access with `git ls-remote`',
    ),
  );
}

/**
 * A remote repository, reached with `env` on top of the hardened environment of git.
 * @throws GitError when it cannot be read
 * @throws InputError when it has no branches
 */
export async function openRemoteSource(
  url: string,
  env: Readonly<Record<string, string>>,
): Promise<RemoteSource> {
  const listing = await runGit(['--git-dir=/dev/null', 'ls-remote', '--', url], { env });
  const id = /^[0-9a-f]+/.exec(listing.stdout.toString())?.[0];
  if (id === undefined)
    throw refuse('empty-repository', withoutPasswords(`${url} has no branches`), 'push a first commit to it');
  return { kind: 'remote', url, objectFormat: id.length === 64 ? 'sha256' : 'sha1', env };
}

/** What git answers; its refusal as bad input, whereas a git that cannot be started stays a fault. */
function answer<T>(running: Promise<T>, asInput: (reason: string) => InputError): Promise<T> {
  return running.catch((error: unknown) => {
    throw error instanceof GitError && error.exitCode !== null ? asInput(error.stderr.trim()) : error;
  });
}

/** A text to show, without the user names and passwords of the URLs in it. */
function withoutPasswords(text: string): string {
  return text.replace(/:\/\/[^/@\s]+@/g, '://');
}
