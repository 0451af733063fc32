import { type Commit, formatCommit, parseCommit } from './commit-format';
import type { Objects } from './objects';

export { type Commit, formatCommit, type Signature } from './commit-format';

/** Commits of one repository, read and written without a process each. */
export interface CommitStore {
  /** @throws Error when the repository has no such commit, or git ends while it is read */
  read(sha: string): Promise<Commit>;
  /**
   * Writes a commit object, in UTF-8 and with nothing but the fields of `Commit`.
   * @returns its id, the one git would give it
   */
  write(commit: Commit): Promise<string>;
}

/** Commits kept in memory; one is about a kilobyte. */
const KEPT = 4096;

export function openCommits(objects: Pick<Objects, 'read' | 'write'>): CommitStore {
  const kept = new Map<string, Promise<Commit>>();

  const keep = (id: string, commit: Promise<Commit>) => {
    kept.delete(id);
    kept.set(id, commit);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  };

  const load = async (sha: string) => {
    const object = await objects.read(sha);
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
      const id = objects.write('commit', body);
      keep(id, Promise.resolve(parseCommit(body)));
      return id;
    },
  };
}
