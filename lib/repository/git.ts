import { spawn } from 'node:child_process';
import type { Launcher } from '../gates/launcher';
import type { Program } from '../gates/started-process';

/** A git command that failed: what was run, how it ended, what it said. */
export class GitError extends Error {
  constructor(
    readonly args: readonly string[],
    readonly exitCode: number | null,
    readonly stderr: string,
    readonly stdout: string,
  ) {
    super(
      `git ${commandOf(args)} failed (${exitCode ?? 'killed'}): ${stderr.trim().split('\n').slice(0, 5).join(' / ')}`,
    );
    this.name = 'GitError';
  }
}

/** The command among the arguments of git: the first that is neither an option nor the setting after `-c`. */
const commandOf = (args: readonly string[]) =>
  args.find((arg, at) => !arg.startsWith('-') && args[at - 1] !== '-c');

export interface GitOptions {
  /** Environment on top of the hardened one, such as GIT_WORK_TREE or GIT_INDEX_FILE. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** An open file to read from, from where it stands, instead of `input`. */
  readonly stdin?: number;
  /** An open file to write to; `stdout` of the result is then empty. */
  readonly stdout?: number;
  /** Exit codes that are answers rather than failures; default only 0. */
  readonly allow?: readonly number[];
  readonly cwd?: string;
  /**
   * What starts git where it can, with an empty input, for a command that is known by its exit code: everything it
   * says comes as `stderr`.
   */
  readonly launcher?: Launcher | undefined;
  /** It is killed when it has not ended by then. */
  readonly timeoutMs?: number;
}

export interface GitResult {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * Settings for every git process of ours: no system or global configuration, no hooks, no prompts, no
 * replace refs, messages in English. Merge drivers and filters need configuration, so none can run.
 */
const HARDENED: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_CONFIG_COUNT: '6',
  GIT_CONFIG_KEY_0: 'core.hooksPath',
  GIT_CONFIG_VALUE_0: '/dev/null',
  GIT_CONFIG_KEY_1: 'core.attributesFile',
  GIT_CONFIG_VALUE_1: '/dev/null',
  GIT_CONFIG_KEY_2: 'core.fsmonitor',
  GIT_CONFIG_VALUE_2: 'false',
  GIT_CONFIG_KEY_3: 'gc.auto',
  GIT_CONFIG_VALUE_3: '0',
  GIT_CONFIG_KEY_4: 'maintenance.auto',
  GIT_CONFIG_VALUE_4: 'false',
  GIT_CONFIG_KEY_5: 'safe.directory',
  GIT_CONFIG_VALUE_5: '*',
  LC_ALL: 'C',
};

/** The environment of a git process: the caller's without any GIT_* variable, then ours. */
export function gitEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('GIT_'),
  );
  return { ...Object.fromEntries(inherited), ...HARDENED, ...extra };
}

const secrets = new Set<string>();

/**
 * Keeps a text out of everything that git says from now on: a server may repeat what it was sent.
 * @returns ends that
 */
export function concealFromGit(secret: string): () => void {
  secrets.add(secret);
  return () => secrets.delete(secret);
}

function conceal(text: string): string {
  let shown = text;
  for (const secret of secrets) shown = shown.replaceAll(secret, '***');
  return shown;
}

/**
 * Runs git with arguments given as they are, never through a shell.
 * @throws GitError when it exits with a code that is not allowed, or cannot be started.
 */
export async function runGit(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  const env = gitEnvironment(options.env);
  return (await launchGit(args, { ...options, env })) ?? spawnGit(args, { ...options, env });
}

async function launchGit(
  args: readonly string[],
  { launcher, cwd = '/', env, allow = [0] }: GitOptions & Pick<Program, 'env'>,
): Promise<GitResult | undefined> {
  const fail = (error: Error) => {
    throw new GitError(args, null, error.message, '');
  };
  const said: Buffer[] = [];
  const output = { write: (chunk: Uint8Array) => void said.push(Buffer.from(chunk)), onFault() {} };
  const started = await launcher?.start({ argv: ['git', ...args], cwd, env }, output).catch(fail);
  if (started === undefined) return undefined;
  const { exitCode } = await started.exited.catch(fail).finally(started.stopReading);
  const stderr = conceal(Buffer.concat(said).toString());
  if (exitCode === null || !allow.includes(exitCode)) throw new GitError(args, exitCode, stderr, '');
  return { stdout: Buffer.alloc(0), stderr, exitCode };
}

/** As `runGit`, with `env` as the whole environment. */
export function spawnGit(
  args: readonly string[],
  options: GitOptions & { readonly env: Readonly<Record<string, string>> },
): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      env: options.env,
      stdio: [options.stdin ?? 'pipe', options.stdout ?? 'pipe', 'pipe'],
      // A process group of its own: Ctrl-C on the terminal is ours to handle, git is left to finish.
      detached: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    // First: where no more files may be opened, there are no pipes at all.
    child.on('error', (error) => reject(new GitError(args, null, error.message, '')));
    const timer = options.timeoutMs && setTimeout(giveUp, options.timeoutMs);
    function giveUp() {
      process.kill(-child.pid!, 'SIGKILL');
      reject(new GitError(args, null, `it did not answer within ${options.timeoutMs! / 1000} s`, ''));
    }
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      const stdout = Buffer.concat(out);
      const stderr = conceal(Buffer.concat(err).toString());
      if (exitCode !== null && (options.allow ?? [0]).includes(exitCode))
        resolve({ stdout, stderr, exitCode });
      else reject(new GitError(args, exitCode, stderr, conceal(stdout.toString())));
    });
    // A git that exits early closes its input; its exit code says what happened.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
  });
}

/** One repository, addressed by its git directory. */
export class Git {
  constructor(
    readonly gitDir: string,
    private readonly env: Readonly<Record<string, string>> = {},
  ) {}

  /** @throws GitError as runGit */
  run(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
    return runGit([`--git-dir=${this.gitDir}`, ...args], {
      ...options,
      env: { ...this.env, ...options.env },
    });
  }

  /** Standard output as text without its trailing newline. */
  async text(args: readonly string[], options: GitOptions = {}): Promise<string> {
    return (await this.run(args, options)).stdout.toString().replace(/\n$/, '');
  }

  /** Standard output split at newlines; an empty output is no lines. */
  async lines(args: readonly string[], options: GitOptions = {}): Promise<string[]> {
    const text = await this.text(args, options);
    return text === '' ? [] : text.split('\n');
  }
}
