import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { type Commit, formatCommit, parseCommit } from './commit-format';
import type { Git } from './git';
import { type ObjectReader, openReader } from './object-reader';

export type { Commit, Signature } from './commit-format';

/** Commits of one repository, read and written without a process each. */
export interface CommitStore {
  /** @throws Error when the repository has no such commit, or git ends while it is read */
  read(sha: string): Promise<Commit>;
  /**
   * Writes a commit object, in UTF-8 and with nothing but the fields of `Commit`.
   * @returns its id, the one git would give it
   */
  write(commit: Commit): Promise<string>;
  /** Ends the git process behind `read`; nothing can be read afterwards. */
  close(): Promise<void>;
}

/** Commits kept in memory; one is about a kilobyte. */
const KEPT = 4096;

/**
 * @param reader closed with the store
 * @throws GitError when it is not a repository
 */
export async function openCommits(git: Git, reader: ObjectReader = openReader(git)): Promise<CommitStore> {
  const questions = ['--path-format=absolute', '--show-object-format', '--git-path', 'objects'];
  // The path comes last because it may hold newlines.
  const [format, ...path] = (await git.text(['rev-parse', ...questions])).split('\n');
  const objects = path.join('\n');
  const kept = new Map<string, Promise<Commit>>();

  const keep = (id: string, commit: Promise<Commit>) => {
    kept.delete(id);
    kept.set(id, commit);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  };

  const load = async (sha: string) => {
    const object = await reader.read(sha);
    if (object === undefined) throw new Error(`commit ${sha} is not in the repository`);
    if (object.type !== 'commit') throw new Error(`${sha} is a ${object.type}, not a commit`);
    return parseCommit(object.body);
  };

  return {
    read(sha) {
      const known = kept.get(sha);
      const commit = known ?? load(sha);
      keep(sha, commit);
      // A failure is not kept: what is missing now may be fetched later.
      if (known === undefined) commit.catch(() => kept.delete(sha));
      return commit;
    },
    async write(commit) {
      const body = formatCommit(commit);
      const object = Buffer.concat([Buffer.from(`commit ${body.length}\0`), body]);
      const id = createHash(format === 'sha256' ? 'sha256' : 'sha1')
        .update(object)
        .digest('hex');
      if (!kept.has(id)) await writeLoose(objects, id, object);
      keep(id, Promise.resolve(parseCommit(body)));
      return id;
    },
    close: () => reader.close(),
  };
}

/**
 * Writes a loose object as git does (gitrepository-layout(5)): complete under another name first, so that
 * nobody ever sees half of it. One that is there already is replaced by the same bytes.
 */
async function writeLoose(objects: string, id: string, object: Buffer): Promise<void> {
  const folder = join(objects, id.slice(0, 2));
  // The name by which `git prune` knows and removes what a crash has left.
  const unfinished = join(folder, `tmp_obj_${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(unfinished, deflateSync(object), { mode: 0o444, flag: 'wx' });
    await rename(unfinished, join(folder, id.slice(2)));
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
