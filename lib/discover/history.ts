import type { Git } from '../repository/git';

/** A commit that the target does not contain. */
export interface OpenCommit {
  readonly sha: string;
  readonly tree: string;
  /** When it was committed, since the epoch. */
  readonly seconds: number;
  readonly parents: readonly string[];
  /** Values of its `Depends-on` trailers, each on one line. */
  readonly dependsOn: readonly string[];
}

/** `<commit> <tree> <seconds> <parents…>`, then each trailer after a NUL; no field holds a newline. */
const FORMAT = '%H %T %ct %P%x00%(trailers:key=Depends-on,valueonly,unfold,separator=%x00)';

/**
 * The commits that some heads have and the target has not, children before their parents, in one process.
 * What a trailer is, is git's rule (git-interpret-trailers(1)).
 * @throws GitError when a commit is missing
 */
export async function readHistory(git: Git, target: string, heads: readonly string[]): Promise<OpenCommit[]> {
  if (heads.length === 0) return [];
  const flags = ['--topo-order', '--no-commit-header', '--encoding=UTF-8', `--format=${FORMAT}`];
  const input = [...heads, `^${target}`, ''].join('\n');
  const lines = await git.lines(['rev-list', '--stdin', ...flags], { input });
  return lines.map((line) => {
    const [fields = '', ...trailers] = line.split('\0');
    const [sha = '', tree = '', seconds, ...parents] = fields.split(' ');
    return {
      sha,
      tree,
      seconds: Number(seconds),
      parents: parents.filter((parent) => parent !== ''),
      dependsOn: trailers.filter((value) => value !== ''),
    };
  });
}
