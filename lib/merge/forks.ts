import type { CommitStore } from '../repository/commits';
import { type Git, GitError } from '../repository/git';
import { closure } from './closure';

/**
 * By order position: the one best common ancestor of a head and of a commit that holds the base, the heads of all its
 * dependencies, and any others before it in the order; undefined where there are several, none, or it depends.
 */
export type Forks = readonly (string | undefined)[];

/** Commits beyond the base that are looked at; with more, nothing is known. */
const MOST_COMMITS = 100_000;

/**
 * Finds the forks by one walk through what the heads have beyond the base.
 * @param heads by order position
 * @param deps order positions of the direct dependencies, by order position
 * @param commits where the first of them are looked at; undefined: git lists all
 */
export async function findForks(
  git: Git,
  base: string,
  heads: readonly string[],
  deps: readonly (readonly number[])[],
  commits?: Pick<CommitStore, 'read'>,
): Promise<Forks> {
  const read = commits && (await readBeyond(commits, base, heads));
  const parents = read ?? (await commitsBeyond(git, base, heads));
  if (parents === undefined) return [];
  /** By commit: the position of the first head that has it. */
  const first = new Map<string, number>();
  return heads.map((head, position) => {
    const edge = new Set<string>();
    const others = new Set<number>();
    const stack = [head];
    for (let commit = stack.pop(); commit !== undefined; commit = stack.pop()) {
      const above = parents.get(commit);
      const owner = first.get(commit);
      if (owner === position) continue;
      if (above === undefined) edge.add(commit);
      else if (owner !== undefined) {
        edge.add(commit);
        others.add(owner);
      } else {
        first.set(commit, position);
        stack.push(...above);
      }
    }
    const [fork, another] = edge;
    return another === undefined && dependsOn(deps, position, others) ? fork : undefined;
  });
}

/** What an item does not depend on may be part of what its head is merged into, or not. */
function dependsOn(
  deps: readonly (readonly number[])[],
  position: number,
  others: ReadonlySet<number>,
): boolean {
  const direct = deps[position]!;
  const indirect = [...others].filter((other) => !direct.includes(other));
  if (indirect.length === 0) return true;
  const all = new Set(closure(deps, position));
  return indirect.every((other) => all.has(other));
}

type Parents = ReadonlyMap<string, readonly string[]>;

/** So many steps from the heads, and commits, are cheaper to read than a process is to start. */
const MOST_STEPS = 6;
const MOST_READ = 1_000;

/**
 * The same where all ways from the heads lead to the base, and soon: whatever the base comes before is beyond it.
 * Undefined where that is not so, or a commit cannot be read.
 */
async function readBeyond(
  commits: Pick<CommitStore, 'read'>,
  base: string,
  heads: readonly string[],
): Promise<Parents | undefined> {
  const parents = new Map<string, readonly string[]>();
  let edge = new Set(heads);
  edge.delete(base);
  for (let step = 0; edge.size > 0; step += 1) {
    if (step === MOST_STEPS || parents.size + edge.size > MOST_READ) return undefined;
    const ids = [...edge];
    const read = await Promise.all(ids.map((id) => commits.read(id))).catch(() => undefined);
    // One without parents does not come after the base.
    if (read === undefined || read.some((commit) => commit.parents.length === 0)) return undefined;
    for (const [at, id] of ids.entries()) parents.set(id, read[at]!.parents);
    edge = new Set(read.flatMap((commit) => commit.parents).filter((id) => id !== base && !parents.has(id)));
  }
  return parents;
}

/** Parents by commit; undefined where they are too many, or what is listed is not certain to be beyond the base. */
async function commitsBeyond(git: Git, base: string, heads: readonly string[]): Promise<Parents | undefined> {
  const parents = await list(git, base, heads);
  if (parents === undefined) return undefined;
  // Where dates of commits are wrong, some that the base has may be listed, and with each of them all before it.
  const lowest = [...parents].filter(([, above]) => above.every((parent) => !parents.has(parent)));
  // The base cannot have what comes after it. What else two commits have in common git finds whatever the dates say.
  const unsure = lowest.filter(([, above]) => !above.includes(base));
  if (unsure.length === 0) return parents;
  const beyond = await list(
    git,
    base,
    unsure.map(([commit]) => `${base}...${commit}`),
  );
  return unsure.every(([commit]) => beyond?.has(commit)) ? parents : undefined;
}

async function list(git: Git, base: string, revisions: readonly string[]): Promise<Parents | undefined> {
  const input = [`^${base}`, ...new Set(revisions)].map((line) => `${line}\n`).join('');
  const args = ['rev-list', '--parents', `--max-count=${MOST_COMMITS + 1}`, '--stdin'];
  try {
    const lines = await git.lines(args, { input });
    if (lines.length > MOST_COMMITS) return undefined;
    return new Map(
      lines.map((line) => {
        const [commit = '', ...above] = line.split(' ');
        return [commit, above];
      }),
    );
  } catch (error) {
    // Such as a head that is missing: who merges it says so.
    if (error instanceof GitError) return undefined;
    throw error;
  }
}
