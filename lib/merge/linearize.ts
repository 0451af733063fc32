import { createHash } from 'node:crypto';
import type { Commit, CommitStore, Signature } from '../repository/commits';
import type { Git } from '../repository/git';
import type { Trailer } from '../repository/trailers';
import type { Merge } from './merger';
import { subjectOf, withTrailers } from './message';
import type { Tip, WeaveItem } from './weave';

/** An item as commits on a line, ending at `end`; or why that cannot be done. */
export type Line =
  | { readonly kind: 'line'; readonly end: string }
  | { readonly kind: 'not-linearizable'; readonly detail: string };

export interface LineContext {
  readonly git: Git;
  readonly merge: Merge;
  readonly commits: CommitStore;
  /** Identity and date of the new commits; their authors stay. */
  readonly committer: Signature;
  /** For each of the new commits. */
  readonly trailers: readonly Trailer[];
}

/**
 * An item as one commit on the line, by the author of its head. Several commits are listed by subject below
 * the name of the item.
 * @param tree what the merge chain has after the item
 */
export async function squash(context: LineContext, tip: Tip, item: WeaveItem, tree: string): Promise<Line> {
  const { commits, committer, trailers } = context;
  const head = await commits.read(item.head);
  const { picks } = await ownCommits(context, tip, item);
  const subjects = picks.map(({ commit }) => `* ${subjectOf(commit.message)}\n`);
  const message =
    picks.length === 1 && picks[0]!.id === item.head ? head.message : `${item.name}\n\n${subjects.join('')}`;
  const end = await commits.write({
    tree,
    parents: [tip.linear],
    author: head.author,
    committer,
    message: withTrailers(message, trailers, item.name),
  });
  return { kind: 'line', end };
}

/**
 * The commits of an item, one by one, on the line. Merges among them are left out, and commits whose change is
 * on the line already; authors and messages stay.
 * @param tree what the merge chain has after the item, and the line must have in the end
 */
export async function rebase(context: LineContext, tip: Tip, item: WeaveItem, tree: string): Promise<Line> {
  const { commits, committer, trailers } = context;
  const { picks, merges } = await ownCommits(context, tip, item);
  let end = tip.linear;
  let endTree = (await commits.read(end)).tree;
  for (const pick of picks) {
    const picked = await pickOnto(context, endTree, pick);
    if (picked.kind === 'conflict') {
      const where = picked.paths.map((path) => JSON.stringify(path)).join(', ');
      return refusal(`${name(pick)} does not apply on its own: conflict in ${where}`);
    }
    if (picked.tree === endTree) continue;
    endTree = picked.tree;
    end = await commits.write({
      tree: endTree,
      parents: [end],
      author: pick.commit.author,
      committer,
      message: withTrailers(pick.commit.message, trailers, item.name),
    });
  }
  return endTree === tree ? { kind: 'line', end } : refusal(await whyDifferent(context, item, merges));
}

interface Own {
  readonly id: string;
  readonly commit: Commit;
}

/** What only the item has, parents first: the commits to pick, and the merges between them. */
async function ownCommits(
  { git, commits }: LineContext,
  tip: Tip,
  item: WeaveItem,
): Promise<{ picks: Own[]; merges: Own[] }> {
  // A commit graph may be there or not, and would change the order of commits of one date.
  const list = ['-c', 'core.commitGraph=false', 'rev-list', '--reverse', '--topo-order'];
  const ids = await git.lines([...list, item.head, `^${tip.chain}`]);
  const picks: Own[] = [];
  const merges: Own[] = [];
  for (const id of ids) {
    const commit = await commits.read(id);
    (commit.parents.length > 1 ? merges : picks).push({ id, commit });
  }
  return { picks, merges };
}

/**
 * The tree of a commit's change applied to another tree: a merge of the commit with one made for this, which
 * has that tree and the commit's parent, so that the parent is the merge base.
 */
async function pickOnto(
  { merge, commits }: LineContext,
  onto: string,
  { id, commit }: Own,
): Promise<{ kind: 'clean'; tree: string } | { kind: 'conflict'; paths: readonly string[] }> {
  const parent = commit.parents[0] ?? (await commits.write(temporary(emptyTree(id), [])));
  if ((await commits.read(parent)).tree === onto) return { kind: 'clean', tree: commit.tree };

  const ours = await commits.write(temporary(onto, [parent]));
  // The first commit of a history has no parent to share, so that it gets one.
  const theirs = commit.parents.length > 0 ? id : await commits.write(temporary(commit.tree, [parent]));
  const merged = await merge(ours, theirs);
  if (merged.kind === 'unrelated') throw new Error(`${ours} and ${theirs} have the parent ${parent}`);
  return merged;
}

function temporary(tree: string, parents: readonly string[]): Commit {
  const nobody: Signature = { name: 'lex-pr', email: 'lex-pr@localhost', seconds: 0, offset: '+0000' };
  return { tree, parents, author: nobody, committer: nobody, message: 'Temporary\n' };
}

/** Git knows the tree without entries by its id, whether or not it is stored. */
function emptyTree(anyId: string): string {
  return createHash(anyId.length === 64 ? 'sha256' : 'sha1')
    .update('tree 0\0')
    .digest('hex');
}

/** Finds the merge that has changes of its own, such as a conflict resolved by hand: picking loses them. */
async function whyDifferent(
  { merge }: LineContext,
  item: WeaveItem,
  merges: readonly Own[],
): Promise<string> {
  for (const own of merges) {
    const [first = '', second = '', ...more] = own.commit.parents;
    const again = more.length === 0 ? await merge(first, second) : undefined;
    if (again?.kind !== 'clean' || again.tree !== own.commit.tree)
      return `${name(own)} is a merge with changes of its own, which are lost when commits are picked one by one`;
  }
  return `the commits up to ${item.head.slice(0, 12)} give another tree when picked one by one than when merged`;
}

function name({ id, commit }: Own): string {
  return `commit ${id.slice(0, 12)} (${JSON.stringify(subjectOf(commit.message))})`;
}

function refusal(detail: string): Line {
  return { kind: 'not-linearizable', detail };
}
