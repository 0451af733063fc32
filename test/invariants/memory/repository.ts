import { createHash } from 'node:crypto';
import type { MergeResult } from '../../../lib/merge/merge-commits';
import type { Commit, Signature } from '../../../lib/repository/commits';

/** Content by path. */
export type Files = ReadonlyMap<string, string>;

/** A git repository without git: commits, trees and refs as values. All of it can be seen from everywhere. */
export class MemoryRepository {
  readonly refs = new Map<string, string>();
  private readonly trees = new Map<string, Files>();
  private readonly commits = new Map<string, Commit>();

  tree(files: Files): string {
    const entries = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
    const id = idOf(['tree', entries]);
    this.trees.set(id, files);
    return id;
  }

  has(id: string): boolean {
    return this.commits.has(id);
  }

  commit(commit: Commit): string {
    const id = idOf(['commit', commit]);
    this.commits.set(id, commit);
    return id;
  }

  read(id: string): Commit {
    const found = this.commits.get(id);
    if (found === undefined) throw new Error(`no commit ${id}`);
    return found;
  }

  filesOf(commit: string): Files {
    return this.filesIn(this.read(commit).tree);
  }

  filesIn(tree: string): Files {
    return this.trees.get(tree)!;
  }

  /** A commit on top of another (null removes a file). */
  change(
    parents: readonly string[],
    files: Readonly<Record<string, string | null>>,
    message: string,
  ): string {
    const changed = new Map(parents[0] === undefined ? [] : this.filesOf(parents[0]));
    for (const [path, content] of Object.entries(files)) {
      if (content === null) changed.delete(path);
      else changed.set(path, content);
    }
    return this.commit({ tree: this.tree(changed), parents, author: TESTER, committer: TESTER, message });
  }

  /** All that is in the history of a commit, and itself. */
  history(from: string): Set<string> {
    const seen = new Set<string>();
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      open.push(...this.read(at).parents);
    }
    return seen;
  }

  /** Merges by whole files. */
  merge(ours: string, theirs: string): MergeResult {
    const base = this.mergeBase(ours, theirs);
    if (base === undefined) return { kind: 'unrelated' };
    const [a, b, o] = [this.filesOf(ours), this.filesOf(theirs), this.filesOf(base)];
    const merged = new Map<string, string>();
    const paths: string[] = [];
    for (const path of new Set([...a.keys(), ...b.keys()])) {
      const [mine, other, before] = [a.get(path), b.get(path), o.get(path)];
      const kept = mine === before ? other : mine;
      if (mine !== before && other !== before && mine !== other) paths.push(path);
      else if (kept !== undefined) merged.set(path, kept);
    }
    return paths.length > 0
      ? { kind: 'conflict', paths: paths.sort() }
      : { kind: 'clean', tree: this.tree(merged) };
  }

  private mergeBase(a: string, b: string): string | undefined {
    const ours = this.history(a);
    const common = [...this.history(b)].filter((id) => ours.has(id));
    return common.find((id) => !common.some((other) => other !== id && this.history(other).has(id)));
  }
}

export const TESTER: Signature = {
  name: 'Tester',
  email: 'tester@example.com',
  seconds: 1_700_000_000,
  offset: '+0000',
};

const idOf = (value: unknown) => createHash('sha1').update(JSON.stringify(value)).digest('hex');
