import type { MergeStrategy } from '../plan/plan';
import type { CommitStore, Signature } from '../repository/commits';
import type { Git } from '../repository/git';
import { rebase, squash } from './linearize';
import type { Merge } from './merger';
import { ITEM_TRAILER, landingTrailers, type WovenOverride, withTrailers } from './message';

/** The two ends of a weave. Their trees are always the same. */
export interface Tip {
  /** End of the chain of merge commits, which decides the trees whatever the strategy is. */
  readonly chain: string;
  /** End of what will land; the same as `chain` for the strategy `merge`. */
  readonly linear: string;
  /** Tree of both; not known where nothing is woven yet. */
  readonly tree?: string;
}

export type WeaveResult =
  | { readonly kind: 'woven'; readonly tip: Tip }
  /** Contained already, or it changes no file: the tip stays. */
  | { readonly kind: 'nothing' }
  /** No gate has run, because the target held it; it does not any more. Weaving itself never comes to this. */
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'conflict';
      readonly paths: readonly string[];
      /** Names of the earlier items of the weave that changed these paths, in the order they were woven. */
      readonly with: readonly string[];
    }
  | { readonly kind: 'unrelated' }
  /** Its commits, rewritten onto a line, do not give the tree of the merge; `detail` is a sentence. */
  | { readonly kind: 'not-linearizable'; readonly detail: string };

export interface WeaveContext {
  readonly git: Git;
  readonly merge: Merge;
  readonly commits: CommitStore;
  readonly strategy: MergeStrategy;
  readonly runId: string;
  /** Commit of the target that the weave starts from; there both ends of the tip are this commit. */
  readonly base: string;
  /** Identity and date of all commits of the run. */
  readonly committer: Signature;
}

export interface WeaveItem {
  readonly name: string;
  readonly branch: string;
  /** Full commit id. */
  readonly head: string;
  readonly overrides?: readonly WovenOverride[];
}

/**
 * Adds one item to the end of the weave. The same inputs give the same commits on any machine.
 * @throws GitError, Error when an object is missing or git cannot be run
 */
export async function weaveItem(context: WeaveContext, tip: Tip, item: WeaveItem): Promise<WeaveResult> {
  const { git, merge, commits, strategy, runId, committer } = context;
  const merged = await merge(tip.chain, item.head);
  if (merged.kind === 'unrelated') return merged;
  if (merged.kind === 'conflict') {
    return { ...merged, with: await itemsThatChanged(context, tip.chain, merged.paths) };
  }
  if (merged.tree === (await commits.read(tip.chain)).tree) return { kind: 'nothing' };

  const trailers = landingTrailers(item.name, runId, item.overrides);
  const chain = await commits.write({
    tree: merged.tree,
    parents: [tip.chain, item.head],
    author: committer,
    committer,
    message: withTrailers(`Merge branch '${item.branch}'`, trailers, item.name),
  });
  if (strategy === 'merge') return { kind: 'woven', tip: { chain, linear: chain, tree: merged.tree } };

  const rewrite = strategy === 'squash' ? squash : rebase;
  const line = await rewrite({ git, merge, commits, committer, trailers }, tip, item, merged.tree);
  return line.kind === 'line' ? { kind: 'woven', tip: { chain, linear: line.end, tree: merged.tree } } : line;
}

/** A command line holds only so much; a conflict in more paths names enough of the items by these. */
const PATHS_ASKED_FOR = 200;

async function itemsThatChanged(
  { git, base }: WeaveContext,
  chain: string,
  paths: readonly string[],
): Promise<string[]> {
  if (paths.length === 0) return [];
  const format = `--format=%(trailers:key=${ITEM_TRAILER},valueonly,separator=%x00)`;
  const range = [`^${base}`, chain, '--', ...paths.slice(0, PATHS_ASKED_FOR)];
  // Along the first parents each merge stands for all that its item has changed.
  const names = await git.lines(['log', '--first-parent', '--reverse', format, ...range], {
    env: { GIT_LITERAL_PATHSPECS: '1' },
  });
  return [...new Set(names.filter((name) => name !== ''))];
}
