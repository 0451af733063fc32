import { ITEM_TRAILER } from '../merge/message';
import type { Git } from '../repository/git';

/**
 * Which of some branches the target's history says were merged, though they are no longer there: by lex-pr's
 * own trailer, or by the subject of a merge commit as git and GitHub write it.
 * @param target a commit
 */
export async function landedBranches(
  git: Git,
  target: string,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set();
  // git looks for the names, as far as they fit on a command line; otherwise all commits are read.
  const wanted = names.length > MAX_PATTERNS ? [] : names.map((name) => `--grep=${name}`);
  const format = `%s%x00%(trailers:key=${ITEM_TRAILER},valueonly,unfold,separator=%x00)`;
  const lines = await git.lines([
    'rev-list',
    ...['--no-commit-header', '--encoding=UTF-8', `--format=${format}`, '--fixed-strings'],
    ...wanted,
    target,
  ]);
  const merged = new Set(
    lines.flatMap((line) => {
      const [subject = '', ...items] = line.split('\0');
      return [...items, ...MERGE_SUBJECTS.map((pattern) => pattern.exec(subject)?.[1])];
    }),
  );
  return new Set(names.filter((name) => merged.has(name)));
}

const MAX_PATTERNS = 200;

const MERGE_SUBJECTS = [
  /^Merge branch '([^']+)'/,
  /^Merge remote-tracking branch '[^/']+\/([^']+)'/,
  /^Merge pull request #\d+ from [^/]+\/(\S+)$/,
];
