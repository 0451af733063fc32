import { setImmediate as eventLoop } from 'node:timers/promises';
import type { CommitStore } from '../repository/commits';
import type { Objects } from '../repository/objects';
import { closure, leads } from './closure';
import { inBatches } from './in-batches';
import { isAncestor } from './is-ancestor';
import {
  createMergeHead,
  lexPr,
  type MergeContext,
  type Merged,
  type MergedHead,
  startOf,
} from './merge-head';

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

/** A candidate, finished or on the way. */
type Built = Merged | Exclude<Candidate, { kind: 'clean' }>;

/** Merges kept in memory: items have the beginnings of their candidates in common mostly with those close by. */
const KEPT = 20_000;

/**
 * Merges made before they are asked for, so that what they write is written together: at first few, so that the first
 * answer comes soon. One by git counts as more.
 */
const AHEAD = { first: 64, most: 1024 };
const COST_OF_GIT = 16;

/** Bytes that wait to be written before git is given them, while more is merged; and before it is waited for. */
const STAGED = { some: 2 ** 22, most: 2 ** 24 };

/** Heads that are read together, and merges after which others get their turn. */
const IN_A_ROW = 64;

/**
 * A candidate is the base, then the heads of the item's dependency closure in order, then its own head, each a
 * two-parent merge; a head that is contained already is skipped. Nothing but these commits goes into it, so
 * that it has the same id on any machine. Items with a common prefix share its merges.
 */
export function createCandidates(context: MergeContext): Candidates {
  const { objects, heads, deps } = context;
  const lead = leads(deps);
  const mergeHead = createMergeHead(context);
  const merges = new Map<string, MergedHead>();
  const made = new Map<number, Built>();
  /** The closure walked last, and what was built with the first of it, the first two, …; before those, the base. */
  let walked: { readonly closure: readonly number[]; readonly built: readonly Built[] } | undefined;
  let count = 0;
  let writing: Promise<void> | undefined;
  let ahead = AHEAD.first;

  const merge = async (tip: Merged, position: number): Promise<MergedHead> => {
    const merged = await mergeHead(tip, position);
    count += 1;
    // What is merged here waits for nothing.
    if (count % IN_A_ROW === 0) await eventLoop();
    if (objects !== undefined && objects.stagedBytes() > STAGED.some) await giveAway(objects);
    return merged;
  };
  const giveAway = async (all: Objects) => {
    // What goes wrong goes wrong again when all of it has to be written.
    writing ??= all
      .flush()
      .catch(() => {})
      .finally(() => {
        writing = undefined;
      });
    if (all.stagedBytes() > STAGED.most) await writing;
  };
  const add = async (prefix: Built, position: number): Promise<Built> => {
    if (prefix.kind !== 'clean') return prefix;
    const key = `${prefix.commit} ${heads[position]}`;
    const merged = merges.get(key) ?? (await merge(prefix, position));
    merges.delete(key);
    merges.set(key, merged);
    if (merges.size > KEPT) merges.delete(merges.keys().next().value!);
    return merged.kind === 'clean' ? merged : { ...merged, at: position };
  };
  const prefixOf = async (position: number): Promise<Built> => {
    const wanted = closure(deps, position);
    const built: Built[] = [walked?.built[0] ?? (await startOf(context))];
    for (const [n, dep] of wanted.entries()) {
      if (dep !== walked?.closure[n]) break;
      built.push(walked.built[n + 1]!);
    }
    for (const dep of wanted.slice(built.length - 1)) built.push(await add(built.at(-1)!, dep));
    walked = { closure: wanted, built };
    return built.at(-1)!;
  };
  const build = async (position: number): Promise<Built> => {
    // From the bottom up: a chain of ten thousand must not become as many nested calls.
    const missing: number[] = [];
    for (let at = position; at >= 0 && !made.has(at); at = lead[at]!) missing.push(at);
    for (const [n, at] of missing.reverse().entries()) {
      if (n % IN_A_ROW === 0 && n + 1 < missing.length)
        await mergeHead.readAhead(missing.slice(n, n + IN_A_ROW));
      const before = lead[at]!;
      made.set(at, await add(before < 0 ? await prefixOf(at) : made.get(before)!, at));
    }
    return made.get(position)!;
  };
  const buildAhead = async (from: number, isAwaited: () => boolean): Promise<void> => {
    const cost = () => count + mergeHead.asked() * COST_OF_GIT;
    const most = cost() + ahead;
    ahead = Math.min(2 * ahead, AHEAD.most);
    let read = from;
    for (let at = from; at < heads.length && cost() < most && !isAwaited(); at++) {
      if (made.has(at)) continue;
      if (at >= read) {
        read = Math.min(at + IN_A_ROW, heads.length);
        await mergeHead.readAhead(Array.from({ length: read - at }, (_, n) => at + n));
      }
      await build(at);
    }
  };

  const ask = inBatches<number, Built>(async (positions, isAwaited) => {
    const answers: PromiseSettledResult<Built>[] = [];
    const last = positions.reduce(
      (most, position) => (made.has(position) ? most : Math.max(most, position)),
      -1,
    );
    for (const position of positions) answers.push(...(await Promise.allSettled([build(position)])));
    if (objects !== undefined) {
      // What goes wrong with an item goes wrong again when it is asked for.
      if (last >= 0) await buildAhead(last + 1, isAwaited).catch(() => {});
      await objects.flush();
    }
    return answers;
  });

  return {
    async of(position) {
      const built = await ask(position);
      const { git, base } = context;
      // What the target has already has nothing to do, and what its dependencies clash over is no fault of its own.
      const isThere =
        built.kind !== 'clean' && built.at !== position && (await isAncestor(git, heads[position]!, base));
      const found = isThere ? await startOf(context) : built;
      if (found.kind !== 'clean') return found;
      const { kind, commit, tree, empty } = found;
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
