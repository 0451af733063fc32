import { InputError, type Problem, refuse } from '../errors';
import { BatchProcessor } from '../performance/batch-processor';
import { isBranchName } from '../plan/branch-name';
import { createNearest, suggest } from '../plan/nearest';
import { NAME } from '../plan/schema';
import { type Git, GitError } from '../repository/git';
import type { BranchSource } from './branch-source';
import { type Note, names } from './note';

/** Processes at once: each takes some files of what one may have open. */
const AT_ONCE = 8;

export interface Branch {
  /** Without `refs/heads/`. */
  readonly name: string;
  /** Its head. */
  readonly sha: string;
}

/** The branches of a repository, seen from the target. */
export interface Branches {
  readonly target: Branch;
  /** All that can be planned by name, the target included. */
  readonly local: ReadonlyMap<string, string>;
  /** Names of those that name no commit, but a tree, say: nothing to merge. */
  readonly strange: readonly string[];
  /** Names of local and (as `origin/x`) fetched branches whose heads the target contains; the target is one. */
  readonly merged: ReadonlySet<string>;
}

/**
 * Reads the branches in two processes, however many there are.
 * @param targetName the default is `main`, or `master` where there is no `main`
 * @throws InputError when the target is none of them, or a branch names an object that is not there
 */
export async function readBranches({ git, words }: BranchSource, targetName?: string): Promise<Branches> {
  const { local, strange } = await readHeads(git);
  const name = targetName ?? ['main', 'master'].find((known) => local.has(known)) ?? 'main';
  const sha = local.get(name);
  if (sha === undefined)
    throw refuse(
      'unknown-target',
      `the target ${JSON.stringify(name)} is not a ${words.branch}`,
      local.size === 0
        ? 'the repository has no branch yet: make a first commit'
        : suggest(createNearest()(name, local.keys()), words.chooseTarget),
    );
  const spaces = ['refs/heads/', 'refs/remotes/'];
  const merged = await git.lines(['for-each-ref', `--merged=${sha}`, '--format=%(refname)', ...spaces]);
  return {
    target: { name, sha },
    local,
    strange,
    merged: new Set(merged.map((ref) => ref.replace(/^refs\/(heads|remotes)\//, ''))),
  };
}

async function readHeads(git: Git) {
  const format = '--format=%(objectname) %(objecttype) %(refname)';
  const lines = await git.lines(['for-each-ref', format, 'refs/heads/']).catch((error: unknown) => {
    // It names the branch: `fatal: missing object 1234… for refs/heads/x`.
    const missing = error instanceof GitError && /^fatal: (missing object .*)$/m.exec(error.stderr)?.[1];
    if (!missing) throw error;
    throw refuse('broken-branch', `the repository is damaged: ${missing}`, 'see `git fsck`, or delete it');
  });
  const local = new Map<string, string>();
  const strange: string[] = [];
  for (const line of lines) {
    const [sha, type] = line.split(' ', 2) as [string, string];
    const name = line.slice(sha.length + type.length + ' '.length + ' refs/heads/'.length);
    if (type === 'commit') local.set(name, sha);
    else strange.push(name);
  }
  return { local, strange };
}

export interface Selection {
  /** One for each head, by name. */
  readonly branches: readonly Branch[];
  /** The name of that one for each branch whose head it shares, its own included; also of branches left out. */
  readonly standIn: ReadonlyMap<string, string>;
  readonly notes: readonly Note[];
}

/**
 * The branches to merge: those that match, without the target and what it already contains. Of several with
 * one head the first by name stands for all. Whether a branch is checked out makes no difference.
 * @param patterns as for `git branch --list`, whose `*` also matches slashes; none: all branches
 * @param allowVain note a pattern that matches no branch, instead of refusing it
 * @throws InputError for every pattern that matches no branch
 */
export async function selectBranches(
  source: BranchSource,
  { target, local, strange, merged }: Branches,
  patterns: readonly string[],
  allowVain = false,
): Promise<Selection> {
  const { matching, vain } =
    patterns.length === 0 ? { matching: [...local.keys()], vain: [] } : await matchAll(source, patterns);
  if (vain.length > 0 && !allowVain) throw new InputError(vain);
  const isOpen = (name: string) => local.has(name) && !merged.has(name);
  const open = matching.filter(isOpen).sort();
  const selected = open.filter(canBeNamed);

  const byHead = new Map<string, string[]>();
  for (const name of selected) {
    const sha = local.get(name)!;
    byHead.set(sha, [...(byHead.get(sha) ?? []), name]);
  }
  const groups = [...byHead.values()];
  const notes = vain.map(({ code, message }): Note => ({ event: code, message, warn: true }));
  const done = matching.filter((name) => merged.has(name) && name !== target.name);
  if (done.length > 0)
    notes.push({ event: 'merged', message: `left out, ${target.name} has it already: ${names(done)}` });
  if (strange.length > 0)
    notes.push({ event: 'no-commit', message: `left out, not a commit: ${names(strange)}`, warn: true });
  for (const name of open.filter((candidate) => !canBeNamed(candidate)))
    notes.push({ event: 'no-name', message: `left out, no item can have such a name: ${name}`, warn: true });
  for (const [first, ...others] of groups)
    if (others.length > 0)
      notes.push({
        event: 'same-head',
        message: `one item, the head is the same: ${first}, ${names(others)}`,
      });
  return {
    branches: groups.map(([name]) => ({ name: name!, sha: local.get(name!)! })),
    standIn: new Map(
      [...local].flatMap(([name, sha]) => {
        const first = byHead.get(sha)?.[0];
        return first === undefined ? [] : [[name, first] as const];
      }),
    ),
    notes,
  };
}

/** Git itself matches, a process a pattern, so that the rules are its own; a few at once. */
async function matchAll({ git, words }: BranchSource, patterns: readonly string[]) {
  const list = ['branch', '--list', '--no-column', '--format=%(refname)', '--'];
  const matching = async (pattern: string) =>
    (await git.lines([...list, pattern]))
      .filter((ref) => ref.startsWith('refs/heads/'))
      .map((ref) => ref.slice('refs/heads/'.length));
  const found = await new BatchProcessor<string>(AT_ONCE).processBatches(patterns, (batch) =>
    Promise.all(batch.map(matching)),
  );
  const vain = patterns
    .filter((_, index) => found[index]!.length === 0)
    .map((pattern): Problem => {
      const message = `no ${words.branch} matches ${JSON.stringify(pattern)}`;
      return { code: 'no-such-branches', message, hint: words.tryPattern };
    });
  return { matching: [...new Set(found.flat())], vain };
}

/** A plan is UTF-8 and its names are short; git's are bytes. */
function canBeNamed(name: string): boolean {
  return NAME.test(name) && isBranchName(name) && !name.includes('\ufffd');
}
