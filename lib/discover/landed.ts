import { ITEM_TRAILER } from '../merge/message';
import type { Git } from '../repository/git';
import { trailerValues } from '../repository/trailers';
import { readCommits } from './history';

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
  // git looks for the names, as far as they fit on a command line; else for all that may say one.
  const wanted = names.length > MAX_PATTERNS ? MARKS : names;
  const patterns = wanted.map((text) => `--grep=${text}`);
  const commits = await readCommits(git, '%s', ['--fixed-strings', ...patterns, target]);
  const merged = new Set(
    commits.flatMap(({ fields: subject, message }) => [
      ...trailerValues(message, ITEM_TRAILER),
      ...MERGE_SUBJECTS.map((pattern) => pattern.exec(subject)?.[1]),
    ]),
  );
  return new Set(names.filter((name) => merged.has(name)));
}

const MAX_PATTERNS = 200;

const MARKS = [`${ITEM_TRAILER}:`, 'Merge branch ', 'Merge remote-tracking branch ', 'Merge pull request '];

const MERGE_SUBJECTS = [
  /^Merge branch '([^']+)'/,
  /^Merge remote-tracking branch '[^/']+\/([^']+)'/,
  /^Merge pull request #\d+ from [^/]+\/(\S+)$/,
];
