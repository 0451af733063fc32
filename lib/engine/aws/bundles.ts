import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidates } from '../../merge/candidate';
import { isAncestor } from '../../merge/is-ancestor';
import type { Tip } from '../../merge/weave';
import { hasCommits, unpackBundle, writeBundle } from '../../repository/bundle';
import type { Git } from '../../repository/git';
import { type Blobs, blobKeys, SEGMENT } from './blobs';
import { download } from './transfer';

/** Writes all of the history of the base. */
export async function writeBaseBundle(git: Git, file: string, base: string): Promise<void> {
  await writeBundle(git, file, [base], []);
}

/**
 * Writes what gates of the items of a segment are run on, order positions `segment × SEGMENT` and following:
 * candidates that are clean and not empty. With it goes what weaving asks of the others that are clean, their heads.
 * Needs the base, and nothing of other segments.
 * @param segment its number, and the heads of all items
 * @returns false, and there is no file, where the base has all of that
 */
export async function writeCandidateBundle(
  git: Git,
  file: string,
  base: string,
  candidates: Candidates,
  segment: { readonly number: number; readonly heads: readonly string[] },
): Promise<boolean> {
  const from = segment.number * SEGMENT;
  const tips = new Set<string>();
  const heads = segment.heads.slice(from, from + SEGMENT);
  const made = await Promise.all(heads.map((_, k) => candidates.of(from + k)));
  for (const [k, head] of heads.entries()) {
    const candidate = made[k]!;
    if (candidate.kind !== 'clean') continue;
    if (!candidate.empty) tips.add(candidate.commit);
    else if (!(await isAncestor(git, head, base))) tips.add(head);
  }
  if (tips.size === 0) return false;
  await writeBundle(git, file, [...tips], [base]);
  return true;
}

/**
 * Writes what one batch has added to the weave. Needs the base that the run began with, and what the batches
 * before it in the same round have added; the first of a round brings along what the target has moved by.
 * @param round what its weave is built on: at first the run's base, later where the target had moved to
 * @returns false, and there is no file, where the batch added nothing
 */
export async function writeWeaveBundle(
  git: Git,
  file: string,
  bases: { readonly run: string; readonly round: string },
  before: Tip,
  after: Tip,
): Promise<boolean> {
  if (before.chain === after.chain && before.linear === after.linear) return false;
  const isFirst = before.chain === bases.round && before.linear === bases.round;
  const prerequisites = new Set([bases.run, ...(isFirst ? [] : [before.chain, before.linear])]);
  await writeBundle(git, file, [...new Set([after.chain, after.linear])], [...prerequisites]);
  return true;
}

/** Seconds for which a URL of our own is valid. */
const URL_SECONDS = 900;

/**
 * Puts the weave of a round up to a tip into a repository that lacks it, such as the clone of a function that
 * has just started, from what the batches before have written.
 * @param scratch a folder for files of this call
 * @throws Error when the tip is not in it
 */
export async function restoreWeave(
  git: Git,
  blobs: Blobs,
  scratch: string,
  weave: { readonly run: string; readonly round: number; readonly base: string; readonly tip: Tip },
): Promise<void> {
  const { run, round, base, tip } = weave;
  const ends = [tip.chain, tip.linear];
  if (await hasCommits(git, ends)) return;
  if (!(await hasCommits(git, [base]))) await takeBundles(git, blobs, scratch, [blobKeys.base(run)], [base]);
  const batches = await blobs.list(blobKeys.weaves(run, round));
  if (await takeBundles(git, blobs, scratch, batches, ends)) return;
  throw new Error(`the weave of run ${run}, round ${round}, does not lead to ${tip.chain}`);
}

/**
 * Takes bundles into a repository, one after another, until it has all of the commits.
 * @param scratch a folder for files of this call
 * @returns whether it has
 */
export async function takeBundles(
  git: Git,
  blobs: Blobs,
  scratch: string,
  keys: readonly string[],
  commits: readonly string[],
): Promise<boolean> {
  const folder = await mkdtemp(join(scratch, 'restore-'));
  const file = join(folder, 'bundle');
  try {
    for (const key of keys) {
      if (await hasCommits(git, commits)) return true;
      await download(await blobs.readUrl(key, URL_SECONDS), file);
      await unpackBundle(git, file);
    }
    return await hasCommits(git, commits);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
