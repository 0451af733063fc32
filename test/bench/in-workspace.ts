import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type GitWorkspace, openGitWorkspace } from '../../lib/engine/git-workspace';
import { openSource } from '../../lib/repository/source';
import type { BenchRepository } from './repository';

/**
 * Does some work in a private repository of its own.
 * @returns what the work gives, and the seconds of it and of opening and closing the repository
 */
export async function inWorkspace<T>(
  { root, path }: BenchRepository,
  work: (workspace: GitWorkspace) => Promise<T>,
): Promise<{ readonly result: T; readonly seconds: number }> {
  const home = mkdtempSync(join(root, 'home-'));
  const source = await openSource(path);
  const startedAt = performance.now();
  const workspace = await openGitWorkspace(home, source);
  const result = await work(workspace).finally(() => workspace.close());
  return { result, seconds: (performance.now() - startedAt) / 1000 };
}
