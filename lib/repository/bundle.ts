import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Git, GitError } from './git';

/**
 * A file that is no bundle, is damaged, or builds on what the repository lacks. Nothing of it was taken.
 */
export class BundleError extends Error {}

/**
 * Writes a git bundle (gitformat-bundle(5)): everything that `tips` have and `prerequisites` do not. No ref is
 * made or needed for it, as `git bundle create` would.
 * @param tips full ids of commits, at least one
 * @param prerequisites full ids of commits
 * @throws GitError when an object is missing; the file is then not there
 */
export async function writeBundle(
  git: Git,
  file: string,
  tips: readonly string[],
  prerequisites: readonly string[],
): Promise<void> {
  const format = tips[0]!.length === 64 ? ['# v3 git bundle', '@object-format=sha256'] : ['# v2 git bundle'];
  const header = [
    ...format,
    ...prerequisites.map((id) => `-${id} `),
    ...tips.map((id) => `${id} refs/lex-pr/bundle/${id}`),
  ];
  const output = openSync(file, 'w');
  try {
    writeSync(output, `${header.join('\n')}\n\n`);
    const wanted = [...tips, ...prerequisites.map((id) => `^${id}`)];
    await git.run(['pack-objects', '--quiet', '--revs', '--thin', '--stdout', '--delta-base-offset'], {
      input: `${wanted.join('\n')}\n`,
      stdout: output,
    });
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    closeSync(output);
  }
}

/**
 * Takes all objects of a bundle into a repository. Git computes the id of each from its content, and looks
 * that everything it refers to is there; what is refused adds nothing. What git holds against old commits of
 * real repositories (`fsck`) is none of our business: they have been accepted elsewhere.
 * @returns the commits that the bundle names; all are in the repository then
 * @throws BundleError
 */
export async function unpackBundle(git: Git, file: string): Promise<readonly string[]> {
  const input = openSync(file, 'r');
  try {
    const header = readHeader(input);
    const format = await git.text(['rev-parse', '--show-object-format']);
    if (header.objectFormat !== format)
      throw new BundleError(`the bundle is ${header.objectFormat}, the repository ${format}`);
    const lacking = await missing(git, header.prerequisites);
    if (lacking.length > 0) throw new BundleError(`the repository lacks ${lacking.join(', ')}`);
    await indexPack(git, input);
    const absent = await missing(git, header.tips);
    if (absent.length > 0) throw new BundleError(`the bundle does not hold ${absent.join(', ')}`);
    return header.tips;
  } finally {
    closeSync(input);
  }
}

/** Whether a repository has these commits, each by full id. */
export async function hasCommits(git: Git, ids: readonly string[]): Promise<boolean> {
  return (await missing(git, ids)).length === 0;
}

async function missing(git: Git, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const answers = await git.lines(['cat-file', '--batch-check=%(objecttype)'], { input: ids.join('\n') });
  return ids.filter((_, i) => answers[i] !== 'commit');
}

interface Header {
  readonly objectFormat: string;
  readonly prerequisites: readonly string[];
  readonly tips: readonly string[];
}

/** Longer than any that we write. */
const MAX_HEADER = 1 << 20;

/** Reads the header, so that the file stands at the pack. */
function readHeader(file: number): Header {
  const start = Buffer.alloc(MAX_HEADER);
  const bytes = start.subarray(0, readSync(file, start, 0, start.length, 0));
  const end = bytes.indexOf('\n\n');
  if (end < 0) throw new BundleError('not a bundle, or its header is cut off');
  const [signature, ...lines] = bytes.toString('latin1', 0, end).split('\n');
  if (signature !== '# v2 git bundle' && signature !== '# v3 git bundle')
    throw new BundleError('not a bundle of version 2 or 3');

  const header = { objectFormat: 'sha1', prerequisites: [] as string[], tips: [] as string[] };
  for (const line of lines) {
    const [, format, prerequisite, tip] =
      /^(?:@object-format=(sha1|sha256)|-([0-9a-f]{40,64}) .*|([0-9a-f]{40,64}) .+)$/.exec(line) ?? [];
    if (format !== undefined) header.objectFormat = format;
    else if (prerequisite !== undefined) header.prerequisites.push(prerequisite);
    else if (tip !== undefined) header.tips.push(tip);
    else throw new BundleError('the header of the bundle holds what is not understood');
  }
  const digits = header.objectFormat === 'sha256' ? 64 : 40;
  if ([...header.prerequisites, ...header.tips].some((id) => id.length !== digits))
    throw new BundleError(`the header of the bundle holds an id that is not ${header.objectFormat}`);
  // Reading moves on the file that git goes on with.
  readSync(file, start, 0, end + 2, null);
  return header;
}

/** Exit code 1: the pack refers to objects outside of it, which are there (git-index-pack(1)). */
async function indexPack(git: Git, stdin: number): Promise<void> {
  try {
    const check = '--check-self-contained-and-connected';
    await git.run(['index-pack', '--stdin', '--fix-thin', check], { stdin, allow: [0, 1] });
  } catch (error) {
    const packs = join(git.gitDir, 'objects/pack');
    for (const name of await readdir(packs)) if (name.startsWith('tmp_')) await rm(join(packs, name));
    if (!(error instanceof GitError) || error.exitCode !== 128 || isOfThisMachine(error)) throw error;
    throw new BundleError(`git refuses the bundle: ${error.stderr.trim().split('\n').at(-1)}`);
  }
}

/** The disk is full, memory is short: nothing is wrong with the bundle. */
function isOfThisMachine({ stderr }: GitError): boolean {
  return /No space left|Disk quota|Cannot allocate|out of memory|unable to create thread|write error/i.test(
    stderr,
  );
}
