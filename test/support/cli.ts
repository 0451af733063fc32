import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../lib/errors';
import { checkReport } from '../../lib/report/check';
import type { Report, ReportItem } from '../../lib/report/report';
import { runBuilt } from './built-main';
import type { TestRepository } from './repository';

/** The built command line. */
export const CLI = join(__dirname, '../../dist/lex-pr.mjs');

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Starts the built command line as a process of its own. */
export function startCli(
  args: readonly string[],
  options: CliOptions,
): { child: ChildProcess; ended: Promise<CliResult> } {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: options.cwd,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin!.on('error', () => {});
  child.stdin!.end(options.input);
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended };
}

/**
 * Runs the built command line to its end: in this process, which takes a fifth of the time, as what a command does is
 * tested; with variables of its own as a process. Where the process is tested, how it ends or what it does to others,
 * `startCli` starts one.
 */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  if (options.env !== undefined) return startCli(args, options).ended;
  return { ...(await runBuilt(CLI, args, options.cwd, options.input)), signal: null };
}

/** What a plan document may hold, loosely: tests also write wrong ones. */
export interface PlanDocument {
  readonly target?: string;
  readonly gates?: readonly Record<string, unknown>[];
  readonly items: readonly ({ readonly name: string; readonly deps?: readonly string[] } & Record<
    string,
    unknown
  >)[];
  readonly policy?: Record<string, unknown>;
  readonly [key: string]: unknown;
}

/** Writes a plan beside the repository; returns its path. A gate that passes is the default. */
export function writePlan(repo: TestRepository, plan: PlanDocument, name = 'plan.json'): string {
  const path = join(repo.root, name);
  const gates = [{ name: 'test', run: 'true' }];
  writeFileSync(
    path,
    JSON.stringify({ schemaVersion: 'v1', target: 'main', repository: repo.path, gates, ...plan }),
  );
  return path;
}

export interface Merged extends CliResult {
  readonly report: Report;
  /** `merged`, `failed: gate-failed`, `blocked`, … by item name. */
  readonly outcome: Readonly<Record<string, string>>;
}

/**
 * Writes a plan and merges it (with --execute, unless told otherwise). Fails the test when the report says that
 * a gate started too early or that more than `maxWorkers` ran at once.
 * @param options the current folder, by default the repository; further variables
 */
export async function mergePlan(
  repo: TestRepository,
  plan: PlanDocument,
  args: readonly string[] = ['--execute'],
  options: Partial<CliOptions> = {},
  command: 'merge' | 'run' = 'merge',
): Promise<Merged> {
  const path = writePlan(repo, plan);
  const folder = artifactFolder(repo);
  const result = await runCli([command, path, '--artifact-dir', folder, ...args], {
    cwd: repo.path,
    ...options,
  });
  return readMerged(plan, folder, result);
}

/** Where `mergePlan` has its reports, logs and artifacts written; each run replaces those of the one before. */
export const artifactFolder = (repo: TestRepository) => join(repo.root, 'artifacts');

/** What the report says about an item. */
export function itemOf({ report }: Pick<Merged, 'report'>, name: string): ReportItem {
  const found = report.items.find((item) => item.name === name);
  if (found === undefined) throw new Error(`the report has no item ${name}`);
  return found;
}

/** The problems that a refusal with `--json` prints; fails the test when it was none. */
export function problemsOf({ code, stdout, stderr }: CliResult): readonly Problem[] {
  if (code !== 2) throw new Error(`not refused: exit ${code}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout).errors;
}

/** The report that a run has left in a folder, checked against its plan. */
export function readMerged(plan: PlanDocument, folder: string, result: CliResult): Merged {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
  } catch (error) {
    throw new Error(`no report: exit ${result.code}\n${result.stdout}\n${result.stderr}`, { cause: error });
  }
  const items = plan.items.map(({ name, deps }) => ({ name, deps: deps ?? [] }));
  expect(checkReport(report, { items, maxWorkers: report.maxWorkers })).toEqual([]);
  const outcome = Object.fromEntries(
    report.items.map(({ name, status, reason }) => [
      name,
      status === 'failed' ? `failed: ${reason?.split(':')[0]}` : status,
    ]),
  );
  return { ...result, report, outcome };
}
