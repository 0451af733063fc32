import { type CommitStore, formatCommit, type Signature } from '../repository/commits';
import type { Git } from '../repository/git';
import type { Objects } from '../repository/objects';
import { openTrees } from '../repository/trees';
import { createMergeDisjoint } from './disjoint';
import { type Forks, findForks } from './forks';
import { isAncestor } from './is-ancestor';
import type { MergeResult } from './merge-commits';
import type { Merge } from './merger';

/** What heads are merged into one after the other, with which tools. */
export interface MergeContext {
  readonly git: Git;
  readonly merge: Merge;
  readonly commits: CommitStore;
  /**
   * Where new objects wait to be written together. Undefined: git makes every merge, and each is written at once.
   */
  readonly objects?: Objects | undefined;
  /** Commit of the target that the candidates are built on. */
  readonly base: string;
  /** By order position. */
  readonly heads: readonly string[];
  /** Order positions of the direct dependencies, by order position; all lower than the item's own. */
  readonly deps: readonly (readonly number[])[];
}

/** The base with some heads, those of all dependencies of each among them, merged in order. */
export interface Merged {
  readonly kind: 'clean';
  readonly commit: string;
  readonly tree: string;
  /** The head that was merged last adds nothing. */
  readonly empty: boolean;
  /** Of the commit, since the epoch. */
  readonly seconds: number;
}

export type MergedHead = Merged | Exclude<MergeResult, { kind: 'clean' }>;

export interface MergeHead {
  (tip: Merged, position: number): Promise<MergedHead>;
  /** How many merges git has made. */
  asked(): number;
  /** Reads what the merges of some heads need, all at once. */
  readAhead(positions: readonly number[]): Promise<void>;
}

/** The base without any head. */
export async function startOf({ commits, base }: MergeContext): Promise<Merged> {
  const { tree, committer } = await commits.read(base);
  return { kind: 'clean', commit: base, tree, empty: true, seconds: committer.seconds };
}

/** Merges heads: here where that is certain to give what git would, by git elsewhere. */
export function createMergeHead(context: MergeContext): MergeHead {
  const { git, merge, commits, objects, base, heads, deps } = context;
  const mergeDisjoint = objects && createMergeDisjoint(openTrees(objects));
  let forks: Promise<Forks> | undefined;
  let asked = 0;
  const isHead = new Set(heads);

  const findFork = async (position: number) => {
    if (mergeDisjoint === undefined) return undefined;
    forks ??= findForks(git, base, heads, deps, commits);
    return (await forks)[position];
  };
  const mergeHere = async (tip: Merged, to: string, fork: string | undefined) =>
    fork === undefined ? undefined : mergeDisjoint?.((await commits.read(fork)).tree, tip.tree, to);
  const mergeByGit = async (tip: Merged, head: string) => {
    asked += 1;
    await objects?.flush();
    return merge(tip.commit, head);
  };
  const write = async (commit: Parameters<CommitStore['write']>[0]) =>
    objects === undefined ? commits.write(commit) : objects.stage('commit', [formatCommit(commit)]);

  const mergeHead = async (tip: Merged, position: number): Promise<MergedHead> => {
    const head = heads[position]!;
    const fork = await findFork(position);
    const { tree, committer } = await commits.read(head);
    const known = await mergeHere(tip, tree, fork);
    const merged =
      known === undefined ? await mergeByGit(tip, head) : { kind: 'clean' as const, tree: known };
    if (merged.kind !== 'clean') return merged;

    const empty = merged.tree === tip.tree;
    // What is contained changes no tree, so that only then git has to be asked.
    if (empty && (fork === undefined ? await isAncestor(git, head, tip.commit) : fork === head))
      return { ...tip, empty };

    const seconds = Math.max(tip.seconds, committer.seconds);
    const identity = lexPr(seconds);
    const commit = await write({
      tree: merged.tree,
      parents: [tip.commit, head],
      author: identity,
      committer: identity,
      message: `Merge ${head}\n`,
    });
    return { kind: 'clean', commit, tree: merged.tree, empty, seconds };
  };
  const readAhead = async (positions: readonly number[]): Promise<void> => {
    const reading = positions.map(async (position) => {
      const fork = await findFork(position);
      // What is on top of another head is mostly merged into just that, whose tree is not needed then.
      if (fork === undefined || isHead.has(fork)) return commits.read(heads[position]!);
      const [from, to] = await Promise.all([fork, heads[position]!].map((id) => commits.read(id)));
      return mergeDisjoint?.readAhead(from!.tree, to!.tree);
    });
    // What fails here fails again where it is needed.
    await Promise.allSettled(reading);
  };
  return Object.assign(mergeHead, { asked: () => asked, readAhead });
}

export function lexPr(seconds: number): Signature {
  return { name: 'lex-pr', email: 'lex-pr@localhost', seconds, offset: '+0000' };
}
