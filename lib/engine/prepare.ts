import { InputError, type Problem } from '../errors';
import { type FileInTheWay, filesInTheWay, pathsAdded } from '../merge/checkouts';
import { type BatchError, BatchProcessor } from '../performance/batch-processor';
import { createNearest, suggest } from '../plan/nearest';
import type { OrderedPlan } from '../plan/order';
import type { Item, Plan } from '../plan/plan';
import { userIdentity } from '../repository/identity';
import { type BranchName, branchRefs, findCommits, listBranches, readRefs } from '../repository/refs';
import type { RunRecord } from '../run/record';
import type { GitWorkspace } from './git-workspace';
import type { Lanes } from './lanes';
import { type AskedAtStart, overridesAtStart } from './overridable';

export interface RunOptions extends Lanes {
  readonly id: string;
  readonly engine: RunRecord['engine'];
  readonly execute: boolean;
  readonly gatesOnly: boolean;
  readonly artifactFolder: string;
  readonly startedAt: number;
  /** Of woven commits. Default: the user of this machine. */
  readonly committer?: RunRecord['committer'] | Promise<RunRecord['committer']>;
  readonly warnings?: readonly string[];
  /** Gates that somebody answers for before they run. */
  readonly overrides?: readonly AskedAtStart[];
}

/**
 * Looks at the repository once, and pins what the run is about: the base and every item's head.
 * @param onHeads told after each batch how many heads have been found so far
 * @throws InputError with every branch or commit that is not there, and with what is in the target's way
 */
export async function prepareRun(
  workspace: GitWorkspace,
  plan: Plan,
  ordered: OrderedPlan,
  { overrides: asked = [], ...options }: RunOptions,
  onHeads: (found: number) => void = () => {},
): Promise<RunRecord> {
  const { source, repository, commits } = workspace;
  // Asked meanwhile; what is wrong with it is told last.
  const committer = Promise.resolve(options.committer ?? userIdentity(source));
  committer.catch(() => {});
  const targetRef = `refs/heads/${plan.target}`;
  const wanted = [targetRef, ...ordered.items.flatMap((item) => branchRefs(source, item.branch))];
  const refs = await readRefs(source, repository, wanted, commits);
  let count = 0;
  // Pins may have to be fetched: those of a batch at once.
  const batches = new BatchProcessor<Item>(plan.policy.performance.batchSize);
  const found = await batches
    .processBatches(
      ordered.items,
      (batch) => findHeads(workspace, refs, batch),
      (heads) => {
        count += heads.length;
        onHeads(count);
      },
    )
    .catch((error: BatchError) => {
      throw error.cause instanceof InputError ? error.cause : error;
    });
  const base = refs.get(targetRef);
  await refuseMissing(
    workspace,
    plan,
    base,
    ordered.items.filter((_, item) => found[item] === undefined),
  );
  const heads = found.map((head) => head!);
  const overrides = overridesAtStart(plan, ordered, heads, asked);
  if (options.execute) await refuseInTheWay(workspace, plan.target, base!, heads);
  return {
    ...options,
    plan,
    base: base!,
    heads: heads.map(({ ref, sha }) => ({ ref, sha })),
    outdated: heads.flatMap(({ outdated }, item) => (outdated ? [item] : [])),
    committer: await committer,
    ...(overrides.length > 0 && { overrides }),
  };
}

interface Head {
  readonly ref: string | null;
  readonly sha: string;
  /** The branch names another commit than the one the plan pins. */
  readonly outdated: boolean;
}

/** A pin without a branch of that name stands for the commit itself; a branch that the plan names must be there. */
async function findHeads(
  { source, repository }: GitWorkspace,
  refs: ReadonlyMap<string, string>,
  items: readonly Item[],
): Promise<(Head | undefined)[]> {
  const heads = items.map((item): Head | undefined => {
    const ref = branchRefs(source, item.branch).find((name) => refs.has(name));
    if (item.sha === undefined)
      return ref === undefined ? undefined : { ref, sha: refs.get(ref)!, outdated: false };
    const sha = item.sha.toLowerCase();
    if (ref === undefined) return item.branchGiven ? undefined : { ref: null, sha, outdated: false };
    return { ref, sha, outdated: refs.get(ref) !== sha };
  });
  // What a branch names has been looked at with the refs.
  const pins = heads.flatMap((head) => (head?.ref === null ? [head.sha] : []));
  const found = await findCommits(source, repository, pins);
  return heads.map((head) => (head?.ref === null && !found.has(head.sha) ? undefined : head));
}

async function refuseMissing(
  workspace: GitWorkspace,
  plan: Plan,
  base: string | undefined,
  missing: readonly Item[],
): Promise<void> {
  if (base !== undefined && missing.length === 0) return;
  const branches = await listBranches(workspace.source, workspace.repository);
  const names = branches.map(({ name }) => name);
  const nearest = createNearest();
  const problem = (code: string, message: string, path: string, name: string): Problem => ({
    code,
    message,
    path,
    hint: suggest(
      names.find((branch) => branch.endsWith(`/${name}`)) ?? nearest(name, names),
      workspace.source.kind === 'remote'
        ? `push it first, or see \`git ls-remote ${plan.repository}\``
        : 'see `git branch -a`',
    ),
  });
  const listedAt = new Map(plan.items.map((item, at) => [item, at]));
  const inListedOrder = [...missing].sort((a, b) => listedAt.get(a)! - listedAt.get(b)!);
  const problems = inListedOrder.map((item) => {
    const path = `items[${listedAt.get(item)}]`;
    const { branch, sha } = item;
    const gone = `branch ${JSON.stringify(branch)} is not in ${plan.repository}`;
    return sha === undefined || item.branchGiven
      ? problem('unknown-branch', gone, `${path}.${item.branchGiven ? 'branch' : 'name'}`, branch)
      : problem('unknown-commit', `commit ${sha} is not in ${plan.repository}`, `${path}.sha`, branch);
  });
  if (base === undefined) problems.unshift(missingTarget(workspace, plan, branches));
  throw new InputError(problems);
}

/** A branch of a remote that was fetched is no target: nothing lands on the remote from here. */
function missingTarget(
  { source }: Pick<GitWorkspace, 'source'>,
  { target, repository }: Plan,
  branches: readonly BranchName[],
): Problem {
  const place = { code: 'unknown-target', path: 'target' };
  const fetched = branches.find(
    ({ name, isFetched }) => isFetched && (name === target || name.endsWith(`/${target}`)),
  )?.name;
  const local = branches.filter(({ isFetched }) => !isFetched).map(({ name }) => name);
  if (fetched === undefined) {
    const message = `the target ${JSON.stringify(target)} is not a branch of ${repository}`;
    const meant = local.find((name) => target.endsWith(`/${name}`)) ?? createNearest()(target, local);
    const otherwise =
      source.kind === 'remote'
        ? `push it first, or see \`git ls-remote ${repository}\``
        : 'only local branches can be targets: see `git branch`';
    return { ...place, message, hint: suggest(meant, otherwise) };
  }
  const remote = fetched.slice(0, fetched.indexOf('/'));
  const own = fetched.slice(remote.length + 1);
  const make = local.includes(own) ? '' : `make it one with \`git branch ${own} ${fetched}\`, and `;
  return {
    ...place,
    message: `${JSON.stringify(fetched)} is a branch of a remote, and only local branches can be targets`,
    hint: `${make}write \`target: ${own}\`; to land on the remote itself, add \`repository: URL\` (see \`git remote get-url ${remote}\`)`,
  };
}

const MENDING: Readonly<Record<FileInTheWay['why'], string>> = {
  modified: 'commit or stash the change (git stash)',
  untracked: 'move the file away, or add and commit it',
  reserved: 'lex-pr keeps its own files there: leave out the branch that adds some',
};

/** Landing moves files of a work tree only where nothing of the user's is lost. */
async function refuseInTheWay(
  workspace: GitWorkspace,
  target: string,
  base: string,
  heads: readonly Head[],
): Promise<void> {
  const ids = heads.map(({ sha }) => sha);
  const incoming = (within?: string) => pathsAdded(workspace.repository, base, ids, within);
  const files = await filesInTheWay(workspace.source, target, incoming);
  if (files.length === 0) return;
  throw new InputError(
    files.map(({ workTree, path, why }) => ({
      code: 'target-dirty',
      message: `${target} is checked out in ${workTree}, and ${JSON.stringify(path)} is ${why} there`,
      hint: MENDING[why],
    })),
  );
}
