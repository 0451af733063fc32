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
  const format = `%s%x00%(trailers:key=${ITEM_TRAILER},valueonly,unfold,separator=%x00)`;
  const lines = await git.lines([
    'rev-list',
    ...['--no-commit-header', '--encoding=UTF-8', `--format=${format}`, '--fixed-strings'],
    ...names.map((name) => `--grep=${name}`),
    target,
  ]);
  const merged = lines.flatMap((line) => {
    const [subject = '', ...items] = line.split('\0');
    const named = MERGE_SUBJECTS.map((pattern) => pattern.exec(subject)?.[1]);
    return [...items, ...named].filter((name) => name !== undefined);
  });
  return new Set(names.filter((name) => merged.includes(name)));
}

const MERGE_SUBJECTS = [
  /^Merge branch '([^']+)'/,
  /^Merge remote-tracking branch '[^/']+\/([^']+)'/,
  /^Merge pull request #\d+ from [^/]+\/(\S+)$/,
];
