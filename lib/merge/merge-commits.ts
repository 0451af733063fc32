import { type Git, GitError, type GitResult } from '../repository/git';

/** What merging two commits gives. Paths are relative to the top, without quotes, unique and sorted. */
export type MergeResult =
  | { readonly kind: 'clean'; readonly tree: string }
  /** No paths: git fails over these trees, and names none. */
  | { readonly kind: 'conflict'; readonly paths: readonly string[] }
  /** No common history. */
  | { readonly kind: 'unrelated' };

/**
 * Merges two commits as `git merge` does, renames and criss-cross histories included, without a work tree.
 * Merge drivers cannot run, and a bare repository has no attributes, so that every machine gets the same tree.
 * @param ours full commit id
 * @param theirs full commit id
 * @throws GitError when git cannot tell, such as for a missing object
 */
export async function mergeCommits(git: Git, ours: string, theirs: string): Promise<MergeResult> {
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs];
  let merged: GitResult;
  try {
    merged = await git.run(args, { allow: [0, 1] });
  } catch (error) {
    if (error instanceof GitError && error.stderr.includes('refusing to merge unrelated histories'))
      return { kind: 'unrelated' };
    // A branch must not end the run of all others by trees that git's merge has a bug with.
    if (error instanceof GitError && BUG.test(error.stderr)) return { kind: 'conflict', paths: [] };
    throw error;
  }
  const fields = merged.stdout.toString().split('\0').slice(0, -1);
  // What git cannot merge, such as a missing commit, ends like a conflict, but without a tree.
  if (fields.length === 0) throw new GitError(args, merged.exitCode, merged.stderr, '');
  return readMerge(fields, merged.exitCode === 0, ours, theirs);
}

/** How git says that it has met a bug of its own, before it aborts. */
const BUG = /^BUG: |: Assertion `.*' failed\.$/m;

/** The result that git's fields stand for: the tree, then each path in conflict as often as it has sides. */
export function readMerge(
  [tree = '', ...paths]: readonly string[],
  clean: boolean,
  ours: string,
  theirs: string,
): MergeResult {
  if (clean) return { kind: 'clean', tree };
  const unique = new Set(paths.map((path) => withoutSide(path, ours, theirs)));
  return { kind: 'conflict', paths: [...unique].sort() };
}

/** Where a file is in the way of a folder, or of another kind of file, git names one side `path~commit`. */
function withoutSide(path: string, ours: string, theirs: string): string {
  return path.replace(new RegExp(`~(${ours}|${theirs})(_\\d+)?(?=/|$)`), '');
}
