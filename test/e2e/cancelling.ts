import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fenceRef } from '../../lib/merge/fence';
import {
  artifactFolder,
  type CliResult,
  type Merged,
  type PlanDocument,
  readMerged,
  runCli,
  startCli,
  writePlan,
} from '../support/cli';
import type { TestRepository } from '../support/repository';
import { statusOf } from './interrupted';

export const FENCE = fenceRef('main');

/** A run that goes on, to be cancelled. */
export interface Started {
  readonly repo: TestRepository;
  readonly child: ReturnType<typeof startCli>['child'];
  readonly ended: Promise<CliResult>;
  /** The process to its end, with its report. */
  end(): Promise<Merged>;
}

export function startMerge(
  repo: TestRepository,
  plan: PlanDocument,
  options: { readonly args?: readonly string[]; readonly env?: Record<string, string> } = {},
): Started {
  const { args = ['merge', '--execute'], env = {} } = options;
  const [command = 'merge', ...more] = args;
  const all = [command, writePlan(repo, plan), '--artifact-dir', artifactFolder(repo), ...more];
  const { child, ended } = startCli(all, { cwd: repo.path, env });
  return { repo, child, ended, end: async () => readMerged(plan, artifactFolder(repo), await ended) };
}

export const cancel = (repo: TestRepository, args: readonly string[] = [], env?: Record<string, string>) =>
  runCli(['cancel', '--json', ...args], { cwd: repo.path, ...(env && { env }) });

/** What a cancel has printed, with its exit code. */
export const answerOf = ({ code, stdout }: CliResult) => ({ code, ...JSON.parse(stdout) });

/** What the last act on the fence of main was; undefined where there is no fence. */
export function lastAct(repo: TestRepository, gitDir = join(repo.path, '.git')): string | undefined {
  const message = repo.git(`--git-dir=${gitDir}`, 'for-each-ref', '--format=%(contents)', FENCE);
  return /^act: (.*)$/m.exec(message)?.[1];
}

/** The run has ended as cancelled, nothing of it is on main, and every file says so. */
export async function expectCancelled(repo: TestRepository, base: string): Promise<Merged['report']> {
  expect(repo.git('rev-parse', 'main')).toBe(base);
  expect(repo.git('status', '--porcelain')).toBe('');
  const report = JSON.parse(readFileSync(join(artifactFolder(repo), 'report.json'), 'utf8'));
  expect(report.status).toBe('cancelled');
  expect(await statusOf(repo)).toMatchObject({ status: 'cancelled', phase: 'done', running: [] });
  return report;
}
