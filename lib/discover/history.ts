import type { Git, GitOptions } from '../repository/git';
import { trailerValues } from '../repository/trailers';

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

/**
 * The commits that some heads have and the target has not, children before their parents, in one process.
 * @throws GitError when a commit is missing
 */
export async function readHistory(git: Git, target: string, heads: readonly string[]): Promise<OpenCommit[]> {
  if (heads.length === 0) return [];
  const input = [...heads, `^${target}`, ''].join('\n');
  const commits = await readCommits(git, '%H %T %ct %P', ['--topo-order', '--stdin'], { input });
  return commits.map(({ fields, message }) => {
    const [sha = '', tree = '', seconds, ...parents] = fields.split(' ');
    return {
      sha,
      tree,
      seconds: Number(seconds),
      parents: parents.filter((parent) => parent !== ''),
      dependsOn: trailerValues(message, 'Depends-on'),
    };
  });
}

/**
 * Commits with their whole messages, in UTF-8. git would find trailers too, but by the settings of a repository
 * that may know them by other names.
 * @param fields a format, on one line
 * @param range further arguments of `git rev-list`
 * @throws GitError when a commit is missing
 */
export async function readCommits(
  git: Git,
  fields: string,
  range: readonly string[],
  options: GitOptions = {},
): Promise<{ readonly fields: string; readonly message: string }[]> {
  const flags = ['--no-commit-header', '--encoding=UTF-8', `--format=${fields}%x00%B%x00`];
  const parts = (await git.text(['rev-list', ...flags, ...range], options)).split('\0');
  return parts.flatMap((part, at) =>
    at % 2 === 1 ? [{ fields: parts[at - 1]!.replace(/^\n/, ''), message: part }] : [],
  );
}
