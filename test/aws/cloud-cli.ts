import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliResult, type PlanDocument, readMerged, runCli, startCli, writePlan } from '../support/cli';
import type { TestRepository } from '../support/repository';

/** The stack that global setup has deployed. */
export const STACK = 'LexPr';

const aws = (args: readonly string[]) => [...args, '--engine', 'aws', '--stack', STACK];

/** Folders of a spec file for downloaded reports; removed after each test. */
export function reportFolders(): () => string {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'lex-pr-report-'));
    folders.push(folder);
    return folder;
  };
}

/** Submits a plan for the repository at `url`, follows it, and reads its report, checked against the plan. */
export async function mergeInCloud(
  repo: TestRepository,
  url: string,
  plan: PlanDocument,
  folder: string,
  args: readonly string[] = ['--execute'],
) {
  const path = writePlan(repo, { repository: url, ...plan }, `plan-${Math.random()}.json`);
  const all = aws(['merge', path, '--artifact-dir', folder, ...args]);
  const result = await runCli(all, { cwd: repo.path });
  if (result.code === null || result.code > 1) throw new Error(`exit ${result.code}\n${result.stderr}`);
  return readMerged(plan, folder, result);
}

export const cloud = (args: readonly string[], cwd: string): Promise<CliResult> => runCli(aws(args), { cwd });
export const startCloud = (args: readonly string[], cwd: string) => startCli(aws(args), { cwd });
