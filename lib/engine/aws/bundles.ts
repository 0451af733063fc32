import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidates } from '../../merge/candidate';
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
 * candidates that are clean and not empty. Needs the base, and nothing of other segments.
 * @returns false, and there is no file, where the segment has none
 */
export async function writeCandidateBundle(
  git: Git,
  file: string,
  base: string,
  candidates: Candidates,
  segment: { readonly number: number; readonly items: number },
): Promise<boolean> {
  const from = segment.number * SEGMENT;
  const positions = Array.from({ length: Math.min(SEGMENT, segment.items - from) }, (_, i) => from + i);
  const tips = new Set<string>();
  for (const position of positions) {
    const candidate = await candidates.of(position);
    if (candidate.kind === 'clean' && !candidate.empty) tips.add(candidate.commit);
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
  const folder = await mkdtemp(join(scratch, 'restore-'));
  const file = join(folder, 'bundle');
  const take = async (key: string) => {
    await download(await blobs.readUrl(key, URL_SECONDS), file);
    await unpackBundle(git, file);
  };
  try {
    if (!(await hasCommits(git, [base]))) await take(blobKeys.base(run));
    for (const key of await blobs.list(blobKeys.weaves(run, round))) {
      await take(key);
      if (await hasCommits(git, ends)) return;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  throw new Error(`the weave of run ${run}, round ${round}, does not lead to ${tip.chain}`);
}
