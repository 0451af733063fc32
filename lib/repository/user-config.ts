import { spawn } from 'node:child_process';
import { refuse } from '../errors';
import { GitError, gitEnvironment } from './git';

/** Settings of the user that decide how a remote is reached, and nothing else. */
const NETWORK_KEYS =
  '^(credential|http|ssh)\\..*$|^core\\.sshcommand$|^url\\..*\\.(insteadof|pushinsteadof)$';

/** A key and its value. */
export type Setting = [key: string, value: string];

/** Variables of the caller that decide the same. */
const NETWORK_VARIABLES = /^GIT_(ASKPASS|SSH|SSL)/;

/**
 * Variables for a git process that talks to a remote, to be given on top of the hardened environment:
 * the user's credential helpers, proxies, certificates, URL rewriting and ssh command.
 * @throws InputError when the user's configuration cannot be read
 */
export async function networkEnvironment(): Promise<Record<string, string>> {
  const settings = await readUserConfig(NETWORK_KEYS);
  const hardened = Number(gitEnvironment().GIT_CONFIG_COUNT);
  const variables = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && NETWORK_VARIABLES.test(entry[0]),
  );
  return Object.fromEntries([
    ...variables,
    ...settings.flatMap(([key, value], i) => [
      [`GIT_CONFIG_KEY_${hardened + i}`, key],
      [`GIT_CONFIG_VALUE_${hardened + i}`, value],
    ]),
    ['GIT_CONFIG_COUNT', String(hardened + settings.length)],
  ]);
}

/**
 * The user's own settings (system, global and environment, never those of a repository) whose canonical
 * keys match a POSIX regular expression, in the order in which git applies them.
 * @throws InputError when the user's configuration cannot be read
 */
export async function readUserConfig(keys: string): Promise<Setting[]> {
  const args = ['config', '-z', '--get-regexp', keys];
  const { exitCode, stdout, stderr } = await runUnhardened(args);
  // 1: no such key.
  if (exitCode !== 0 && exitCode !== 1)
    throw refuse(
      'bad-git-config',
      `git cannot read your configuration: ${stderr.trim()}`,
      'git config --list',
    );
  return parseSettings(stdout);
}

/** The keys and values that `git config -z` prints. */
export function parseSettings(output: string): Setting[] {
  return output
    .split('\0')
    .slice(0, -1)
    .map((entry) => {
      const end = entry.indexOf('\n');
      // A key without a value means true (git-config(1), "Syntax").
      return end < 0 ? [entry, 'true'] : [entry.slice(0, end), entry.slice(end + 1)];
    });
}

/** Runs git as the user would, outside of any repository. */
function runUnhardened(
  args: readonly string[],
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, GIT_DIR: '/dev/null', LC_ALL: 'C' };
    const child = spawn('git', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.on('error', (error) => reject(new GitError(args, null, error.message, '')));
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
