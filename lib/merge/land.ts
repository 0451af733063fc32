import type { Git } from '../repository/git';
import { readRefs } from '../repository/refs';
import { type Source, sourceGit } from '../repository/source';
import { type Attempt, attemptMove } from './attempt-move';
import { filesInTheWay, pathsBetween, symbolicAim } from './checkouts';
import { copyObjects } from './copy-objects';
import { fenceRef, writeFence } from './fence';
import { isAncestor } from './is-ancestor';
import { rehearseSync, syncWorkTree } from './sync';
import { workTreesOf } from './work-trees';

export interface Landing {
  readonly source: Source;
  readonly privateRepository: Git;
  /** Name of the branch, without `refs/heads/`. */
  readonly target: string;
  /** What the weave was built on: the expected value of the target. */
  readonly base: string;
  /** The verified commit, in the private repository. */
  readonly woven: string;
  /**
   * The heads that are about to land and where they were read. A ref that names something else now, or
   * nothing, has moved; `ref` undefined is a pinned commit without a branch.
   */
  readonly heads: readonly {
    readonly item: number;
    readonly ref: string | undefined;
    readonly sha: string;
  }[];
  readonly run: string;
  readonly generation: number;
  /**
   * Whether the run may still land: not cancelled, not taken over. Asked after the fence was read, before
   * each move: who writes such a state first and moves the fence second is never overtaken.
   */
  readonly stillCurrent?: () => Promise<boolean>;
}

export type LandResult =
  | {
      readonly kind: 'landed';
      /** Work trees whose files were updated. */
      readonly synced: readonly string[];
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'target-moved'; readonly now: string }
  | { readonly kind: 'target-gone' }
  | {
      readonly kind: 'head-moved';
      readonly moved: readonly { readonly item: number; readonly now: string | undefined }[];
    }
  /** What is in the way, as `<work tree>: <path or git's words>`. */
  | { readonly kind: 'target-dirty'; readonly files: readonly string[] }
  /** Refused for a reason that trying again does not change, such as a hook or a branch protection. */
  | { readonly kind: 'refused'; readonly message: string };

/** Moves that are lost to another run's fence, with the target unchanged, before we give up. */
const ATTEMPTS = 5;

/**
 * Moves the target to the verified commit by compare-and-swap, together with its fence, and brings the work
 * trees that have it checked out along. Safe to call again after a crash at any point. Each round reads
 * everything anew, because what the refs say decides, never what an update or a push answered: that answer
 * may have been lost.
 * @throws GitError for faults (network, disk) that another try may not meet
 * @throws InputError as filesInTheWay
 */
export async function land(landing: Landing): Promise<LandResult> {
  const { source, privateRepository, target, base, woven, run, generation } = landing;
  const aim = source.kind === 'local' ? await symbolicAim(source.gitDir, `refs/heads/${target}`) : undefined;
  if (aim !== undefined) return refused(`the target ${target} is a symbolic ref to ${aim}`);

  const after = await writeFence(privateRepository, { run, generation, act: 'land' });
  let tried: { readonly fence: string | undefined; readonly result: Attempt } | undefined;
  let fenced = true;
  for (let attempt = 0; ; attempt += 1) {
    const seen = await look(landing);
    const settled = await settle(landing, seen);
    if (settled?.kind === 'landed' && !fenced)
      return { ...settled, warnings: [...settled.warnings, `the remote refuses ${fenceRef(target)}`] };
    if (settled !== undefined) return settled;

    if (tried?.result.kind === 'unknown') throw tried.result.error;
    if (tried?.result.kind === 'rejected' && tried.fence === seen.fence) {
      // Nothing moved, so nobody else was faster: it was refused. A remote that has no fence may refuse
      // the fence only.
      if (source.kind === 'local' || seen.fence !== undefined || !fenced)
        return refused(tried.result.message);
      fenced = false;
    }
    if (attempt === ATTEMPTS) return refused(`other runs moved ${fenceRef(target)} ${ATTEMPTS} times`);

    const inTheWay = await prepare(landing, after);
    // Work trees also look dirty while another landing brings them along.
    if (inTheWay.length > 0)
      return (await settle(landing, await look(landing))) ?? { kind: 'target-dirty', files: inTheWay };
    if ((await landing.stillCurrent?.()) === false) return refused('the run was cancelled or taken over');
    const branch = { ref: `refs/heads/${target}`, before: base, after: woven };
    const fence = { ref: fenceRef(target), before: seen.fence, after };
    const updates = fenced ? [branch, fence] : [branch];
    const result = await attemptMove(source, privateRepository, updates, `lex-pr: land run ${run}`);
    tried = { fence: seen.fence, result };
  }
}

interface Seen {
  readonly target: string | undefined;
  readonly fence: string | undefined;
  readonly heads: ReadonlyMap<string, string>;
}

/** Reads target, fence and heads in one listing. */
async function look({ source, privateRepository, target, heads }: Landing): Promise<Seen> {
  const branch = `refs/heads/${target}`;
  const headRefs = heads.flatMap(({ ref }) => (ref === undefined ? [] : [ref]));
  const refs = await readRefs(source, privateRepository, [branch, ...headRefs], undefined, [
    fenceRef(target),
  ]);
  return { target: refs.get(branch), fence: refs.get(fenceRef(target)), heads: refs };
}

/**
 * The result if what was seen decides it; undefined when the target is to be moved. A target that moved comes
 * first: it may hold a change whose branch was deleted because it was merged.
 */
async function settle(landing: Landing, seen: Seen): Promise<LandResult | undefined> {
  const { privateRepository, woven } = landing;
  if (seen.target !== undefined && (await isAncestor(privateRepository, woven, seen.target)))
    return { kind: 'landed', ...(await sync(landing, seen.target)) };
  if (seen.target === undefined) return { kind: 'target-gone' };
  if (seen.target !== landing.base) return { kind: 'target-moved', now: seen.target };
  const moved = landing.heads
    .filter(({ ref, sha }) => ref !== undefined && seen.heads.get(ref) !== sha)
    .map(({ item, ref }) => ({ item, now: seen.heads.get(ref!) }));
  return moved.length > 0 ? { kind: 'head-moved', moved } : undefined;
}

/** Brings the work trees along that are still at the base. */
async function sync({ source, target, base, woven }: Landing, now: string) {
  const synced: string[] = [];
  const warnings: string[] = [];
  if (source.kind === 'local' && woven !== base)
    for (const tree of (await workTreesOf(source.gitDir, `refs/heads/${target}`)).on) {
      const done = await syncWorkTree(tree, base, now);
      if (done.kind === 'updated') synced.push(tree.path);
      if (done.kind === 'stale') warnings.push(done.warning);
    }
  return { synced, warnings };
}

/**
 * Looks at the work trees once more, copies the objects, and asks git itself whether the files can follow.
 * @returns what is in the way
 */
async function prepare({ source, privateRepository, target, base, woven }: Landing, fence: string) {
  if (source.kind === 'remote') return [];
  const incoming = (within?: string) => pathsBetween(privateRepository, base, woven, within);
  const files = await filesInTheWay(source, target, incoming);
  if (files.length > 0) return files.map(({ workTree, path }) => `${workTree}: ${path}`);

  await copyObjects(privateRepository, sourceGit(source), [woven, fence]);
  const obstacles: string[] = [];
  for (const tree of (await workTreesOf(source.gitDir, `refs/heads/${target}`)).on) {
    const obstacle = await rehearseSync(tree, base, woven);
    if (obstacle !== undefined) obstacles.push(`${tree.path}: ${obstacle}`);
  }
  return obstacles;
}

function refused(message: string): LandResult {
  return { kind: 'refused', message };
}
