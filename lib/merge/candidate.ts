import type { CommitStore, Signature } from '../repository/commits';
import type { Git } from '../repository/git';
import { closure, leads } from './closure';
import type { MergeResult } from './merge-commits';
import type { Merge } from './merger';

/** What an item is tested as: the commit that would exist if it landed alone with its dependencies. */
export type Candidate =
  | {
      readonly kind: 'clean';
      readonly commit: string;
      readonly tree: string;
      /** The item's own head adds nothing: contained already, or the tree is what it was without it. */
      readonly empty: boolean;
    }
  | {
      readonly kind: 'conflict';
      /** Order position of the item whose head could not be merged: the item's own or a dependency's. */
      readonly at: number;
      readonly paths: readonly string[];
    }
  | { readonly kind: 'unrelated'; readonly at: number };

export interface Candidates {
  /**
   * The candidate of the item at an order position; made once, however often and concurrently it is asked for.
   * @throws GitError, Error when an object is missing or git cannot be run; the next call tries again
   */
  of(position: number): Promise<Candidate>;
}

export interface CandidateContext {
  readonly git: Git;
  readonly merge: Merge;
  readonly commits: CommitStore;
  /** Commit of the target that the candidates are built on. */
  readonly base: string;
  /** By order position. */
  readonly heads: readonly string[];
  /** Order positions of the direct dependencies, by order position; all lower than the item's own. */
  readonly deps: readonly (readonly number[])[];
}

/**
 * A candidate is the base, then the heads of the item's dependency closure in order, then its own head, each a
 * two-parent merge; a head that is contained already is skipped. Nothing but these commits goes into it, so
 * that it has the same id on any machine. Items with a common prefix share its merges.
 */
export function createCandidates(context: CandidateContext): Candidates {
  const { commits, base, heads, deps } = context;
  const lead = leads(deps);
  const merges = new Map<string, Promise<MergedHead>>();
  const prefixes = new Map<string, Promise<Built>>();
  const candidates = new Map<number, Promise<Built>>();

  const add = async (prefix: Built, position: number): Promise<Built> => {
    if (prefix.kind !== 'clean') return prefix;
    const head = heads[position]!;
    const merged = await once(merges, `${prefix.commit} ${head}`, () => mergeHead(context, prefix, head));
    return merged.kind === 'clean' ? merged : { ...merged, at: position };
  };
  const prefixOf = (position: number) =>
    once(prefixes, [...deps[position]!].sort((a, b) => a - b).join(), async () => {
      const { tree } = await commits.read(base);
      let built: Built = { kind: 'clean', commit: base, tree, empty: true, standIn: base };
      for (const dep of closure(deps, position)) built = await add(built, dep);
      return built;
    });
  const candidateOf = (position: number): Promise<Built> =>
    once(candidates, position, async () => {
      const before = lead[position]!;
      return add(await (before < 0 ? prefixOf(position) : candidateOf(before)), position);
    });

  return {
    async of(position) {
      // From the bottom up: a chain of ten thousand must not become as many nested calls.
      const missing: number[] = [];
      for (let at = position; at >= 0 && !candidates.has(at); at = lead[at]!) missing.push(at);
      for (const at of missing.reverse()) candidateOf(at);
      const built = await candidateOf(position);
      if (built.kind !== 'clean') return built;
      const { kind, commit, tree, empty } = built;
      return { kind, commit, tree, empty };
    },
  };
}

/**
 * The commit that a tree-cached gate gets as HEAD: without parents, by a fixed identity at a fixed time, so
 * that all that git shows of it is a function of the tree.
 */
export function parentlessCommit(commits: CommitStore, tree: string): Promise<string> {
  const identity = lexPr(0);
  return commits.write({ tree, parents: [], author: identity, committer: identity, message: 'Candidate\n' });
}

interface Merged {
  readonly kind: 'clean';
  readonly commit: string;
  readonly tree: string;
  readonly empty: boolean;
  /** A commit with the tree and the history of this one except for our merge commits, where one is known. */
  readonly standIn: string | undefined;
}

type MergedHead = Merged | Exclude<MergeResult, { kind: 'clean' }>;

/** A candidate, finished or on the way. */
type Built = Merged | Exclude<Candidate, { kind: 'clean' }>;

async function mergeHead(
  { git, merge, commits }: CandidateContext,
  tip: Merged,
  head: string,
): Promise<MergedHead> {
  const stacked = tip.standIn !== undefined && (await isOnLine(commits, tip.standIn, head));
  const merged: MergeResult = stacked
    ? { kind: 'clean', tree: (await commits.read(head)).tree }
    : await merge(tip.commit, head);
  if (merged.kind !== 'clean') return merged;

  const empty = merged.tree === tip.tree;
  // What is contained changes no tree, so that only then git has to be asked.
  if (empty && (await isAncestor(git, head, tip.commit))) return { ...tip, empty };

  const parents = [tip.commit, head];
  const dates = await Promise.all(parents.map(async (id) => (await commits.read(id)).committer.seconds));
  const identity = lexPr(Math.max(...dates));
  const message = `Merge ${head}\n`;
  const commit = await commits.write({
    tree: merged.tree,
    parents,
    author: identity,
    committer: identity,
    message,
  });
  return { kind: 'clean', commit, tree: merged.tree, empty, standIn: stacked ? head : undefined };
}

/** How many commits of a branch are looked at before a merge is the cheaper way to its tree. */
const LINE = 32;

/**
 * Whether `ancestor` is found on the first-parent line of `head`. Then merging `head` into it gives the tree
 * of `head`, without asking git.
 */
async function isOnLine(commits: CommitStore, ancestor: string, head: string): Promise<boolean> {
  let at: string | undefined = head;
  for (let step = 0; at !== undefined && step < LINE; step++) {
    if (at === ancestor) return true;
    at = (await commits.read(at)).parents[0];
  }
  return false;
}

/** Whether a commit is in the history of another, or is that one. */
export async function isAncestor(git: Git, ancestor: string, descendant: string): Promise<boolean> {
  const asked = await git.run(['merge-base', '--is-ancestor', ancestor, descendant], { allow: [0, 1] });
  return asked.exitCode === 0;
}

function lexPr(seconds: number): Signature {
  return { name: 'lex-pr', email: 'lex-pr@localhost', seconds, offset: '+0000' };
}

/** Runs `make` once a key, also for concurrent calls; a failure is not kept. */
function once<K, V>(made: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const known = made.get(key);
  if (known !== undefined) return known;
  const value = make();
  made.set(key, value);
  value.catch(() => made.delete(key));
  return value;
}
