import { type GitResult, spawnGit } from '../repository/git';
import type { WorkTree } from './work-trees';

/**
 * Variables that say where the user's configuration lies and how filters (such as LFS) reach a server; every
 * other GIT_* variable of the caller is dropped.
 */
const KEPT = /^GIT_(CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)$|ATTR_NOSYSTEM$|ASKPASS|SSH|SSL)/;

/** On top of the user's configuration: no hooks, no file system monitor, no prompts, no optional writes. */
const GUARDED: Readonly<Record<string, string>> = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_CONFIG_COUNT: '3',
  GIT_CONFIG_KEY_0: 'core.hooksPath',
  GIT_CONFIG_VALUE_0: '/dev/null',
  GIT_CONFIG_KEY_1: 'core.fsmonitor',
  GIT_CONFIG_VALUE_1: 'false',
  GIT_CONFIG_KEY_2: 'submodule.recurse',
  GIT_CONFIG_VALUE_2: 'false',
};

export interface UserGitOptions {
  readonly input?: string;
  /** Exit codes that are answers rather than failures; default only 0. */
  readonly allow?: readonly number[];
  /** Another index than the work tree's own. */
  readonly index?: string;
}

/**
 * Runs git in a work tree of the user's, with the configuration that applies there when the user runs it:
 * line endings, filters (such as LFS), sparse checkout, ignored files. What the files should look like is
 * the user's choice, unlike what is merged; for everything else there is the hardened `Git`.
 * @throws GitError when it exits with a code that is not allowed, or cannot be started
 */
export function userGit(
  { path, gitDir }: WorkTree,
  args: readonly string[],
  options: UserGitOptions = {},
): Promise<GitResult> {
  const { index, ...rest } = options;
  const env = { ...userEnvironment(), ...(index === undefined ? {} : { GIT_INDEX_FILE: index }) };
  return spawnGit([`--git-dir=${gitDir}`, `--work-tree=${path}`, ...args], { ...rest, cwd: path, env });
}

function userEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (!entry[0].startsWith('GIT_') || KEPT.test(entry[0])),
  );
  return { ...Object.fromEntries(kept), ...GUARDED };
}
