import type { OperationCache } from '../performance/operation-cache';
import type { Git } from '../repository/git';

/** A path, a character a byte, and its new mode and content as git names them (zeros where it is gone). */
export type FileChange = readonly [path: string, blob: string];

/** What a branch is compared with: its merge base with the target. */
export interface Comparison {
  readonly branch: string;
  readonly head: string;
  readonly base: string;
}

export type FileCache = OperationCache<readonly FileChange[]>;

/**
 * File analysis: the paths at which each branch differs from its base; a rename is two of them. Answers are
 * cached by branch, head and base, on which alone they depend; all others come from two processes together.
 */
export async function changedFiles(
  git: Git,
  comparisons: readonly Comparison[],
  cache: FileCache,
): Promise<(readonly FileChange[])[]> {
  const keys = comparisons.map(({ branch, head, base }) => JSON.stringify([branch, head, base]));
  const known = await Promise.all(keys.map((key) => cache.get(key)));
  const missing = comparisons.flatMap((_, index) => (known[index] === undefined ? [index] : []));
  const found = await diffAll(
    git,
    missing.map((index) => comparisons[index]!),
  );
  await Promise.all(missing.map((index, at) => cache.set(keys[index]!, found[at]!)));
  const fresh = new Map(missing.map((index, at) => [index, found[at]!]));
  return comparisons.map((_, index) => known[index] ?? fresh.get(index)!);
}

async function diffAll(git: Git, comparisons: readonly Comparison[]): Promise<(readonly FileChange[])[]> {
  if (comparisons.length === 0) return [];
  const trees = await treesOf(
    git,
    comparisons.flatMap(({ base, head }) => [base, head]),
  );
  const pairs = comparisons.map(({ base, head }) => `${trees.get(base)} ${trees.get(head)}`);
  const unique = [...new Set(pairs)];
  const { stdout } = await git.run(['diff-tree', '--stdin', '-r', '-z', '--raw', '--no-renames'], {
    input: unique.map((pair) => `${pair}\n`).join(''),
  });
  // Paths are bytes, and two that are no UTF-8 must not look alike.
  const changes = parseDiffs(stdout.toString('latin1'));
  return pairs.map((pair) => changes.get(pair)!);
}

async function treesOf(git: Git, commits: readonly string[]): Promise<Map<string, string>> {
  const unique = [...new Set(commits)];
  const trees = await git.lines(['cat-file', '--batch-check=%(objectname)'], {
    input: unique.map((sha) => `${sha}^{tree}\n`).join(''),
  });
  return new Map(unique.map((sha, index) => [sha, trees[index]!]));
}

/**
 * Reads `<tree> <tree>` lines, each followed by its changes: `:<mode> <mode> <id> <id> <status>`, NUL, path,
 * NUL (git-diff-tree(1), "RAW OUTPUT FORMAT"). Fields and paths alternate, so that a path may hold anything.
 */
function parseDiffs(output: string): Map<string, FileChange[]> {
  const changes = new Map<string, FileChange[]>();
  let current: FileChange[] = [];
  const parts = output.split('\0');
  for (let at = 0; at < parts.length; at += 2) {
    const lines = parts[at]!.split('\n');
    const fields = lines.pop()!;
    for (const pair of lines) {
      current = [];
      changes.set(pair, current);
    }
    if (fields === '') continue;
    const [, mode, , id] = fields.split(' ');
    current.push([parts[at + 1]!, `${mode} ${id}`]);
  }
  return changes;
}
