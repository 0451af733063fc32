import { createCandidates } from '../merge/candidate';
import { isAncestor } from '../merge/is-ancestor';
import { type Tip, type WeaveResult, weaveItem } from '../merge/weave';
import type { OrderedPlan } from '../plan/order';
import type { Signature } from '../repository/commits';
import type { MergeResult } from '../run/messages';
import type { RunRecord } from '../run/record';
import type { Work } from '../run/state';
import type { GitWorkspace } from './git-workspace';

/**
 * Weaves a batch of items onto the tip, one after another; what depends on one that fails is left out. What
 * added nothing where it was to be tested has passed no gate, so it adds nothing here either, even where an
 * item before it has taken the same change back.
 */
export async function performMerge(
  workspace: GitWorkspace,
  record: RunRecord,
  ordered: OrderedPlan,
  work: Extract<Work, { kind: 'merge' }>,
): Promise<MergeResult[]> {
  const { repository: git, merge, commits } = workspace;
  const context = {
    git,
    merge,
    commits,
    strategy: record.plan.policy.mergeStrategy,
    runId: record.id,
    base: work.base,
    committer: wovenBy(record),
  };
  const stillAddsNothing = looksAgain(workspace, record, ordered, work.base);
  const results: MergeResult[] = [];
  const out = new Set<number>();
  let tip: Tip = work.tip;
  for (const item of work.items) {
    if (ordered.deps[item]!.some((dep) => out.has(dep))) {
      out.add(item);
      continue;
    }
    const startedAt = performance.now();
    const { sha: head } = record.heads[item]!;
    const { tree: onto } = await commits.read(tip.chain);
    const untested = work.untested.includes(item);
    const { name, branch } = ordered.items[item]!;
    const overrides = work.overrides?.filter((override) => override.item === item) ?? [];
    const result: WeaveResult = untested
      ? { kind: (await stillAddsNothing(item)) ? 'nothing' : 'gone' }
      : await weaveItem(context, tip, { name, branch, head, overrides });
    const alone = untested && ordered.deps[item]!.length === 0;
    const present =
      result.kind === 'nothing' && (alone || (await addsNothingTo(workspace, work.base, tip, head)));
    if (result.kind === 'woven') tip = result.tip;
    else if (result.kind !== 'nothing') out.add(item);
    results.push({ kind: 'merge', item, result, present, onto, durationMs: performance.now() - startedAt });
  }
  return results;
}

/**
 * Whether an item that added nothing where it was to be tested adds nothing on this base either: the target may have
 * been set back meanwhile, and what it has lost is untested.
 */
function looksAgain(
  { repository: git, merge, commits, objects }: GitWorkspace,
  record: RunRecord,
  { deps }: OrderedPlan,
  base: string,
): (item: number) => Promise<boolean> {
  if (base === record.base) return async () => true;
  const heads = record.heads.map(({ sha }) => sha);
  const candidates = createCandidates({ git, merge, commits, objects, base, heads, deps });
  return async (item) => {
    const candidate = await candidates.of(item);
    return candidate.kind === 'clean' && candidate.empty;
  };
}

/** Whether the base has it already, so that it is merged even if the rest of the weave does not land. */
async function addsNothingTo(
  { repository }: GitWorkspace,
  base: string,
  tip: Tip,
  head: string,
): Promise<boolean> {
  if (tip.chain === base) return true;
  return isAncestor(repository, head, base);
}

/** One date for all commits of a run, so that weaving again after a crash makes the same commits. */
function wovenBy(record: RunRecord): Signature {
  return { ...record.committer, seconds: Math.floor(record.startedAt / 1000), offset: '+0000' };
}
