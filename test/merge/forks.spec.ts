import fc from 'fast-check';
import { closure } from '../../lib/merge/closure';
import { findForks } from '../../lib/merge/forks';
import type { Commit } from '../../lib/repository/commits';
import { Git, GitError } from '../../lib/repository/git';

/** By commit: its parents, all of them commits before it. */
type History = readonly (readonly number[])[];

const idOf = (commit: number) => `c${commit}`;
const numberOf = (id: string) => Number(id.slice(1));

/** A commit and all that it comes after. */
function ancestry(history: History, commits: readonly number[]): Set<number> {
  const found = new Set(commits);
  // What is added while it is gone through comes as well.
  for (const commit of found) for (const parent of history[commit]!) found.add(parent);
  return found;
}

/** Lists as git does; with `older` also what the base has, as where that commit is dated after the base. */
class ListingGit extends Git {
  constructor(
    private readonly history: History,
    private readonly older?: number,
  ) {
    super('/nowhere');
  }

  override async lines(_: readonly string[], { input }: { input: string }): Promise<string[]> {
    const [base, ...revisions] = input.trim().split('\n');
    const held = ancestry(this.history, [numberOf(base!.slice(1))]);
    const asked = revisions.map((revision) => numberOf(revision.split('...').at(-1)!));
    const reached = ancestry(this.history, asked);
    const isMistaken = this.older !== undefined && reached.has(this.older) && !input.includes('...');
    const mistaken = isMistaken ? ancestry(this.history, [this.older!]) : new Set();
    return [...reached]
      .filter((commit) => !held.has(commit) || mistaken.has(commit))
      .map((commit) => [commit, ...this.history[commit]!].map(idOf).join(' '));
  }
}

const reader = (history: History) => ({
  read: async (id: string) => ({ parents: history[numberOf(id)]!.map(idOf) }) as unknown as Commit,
});

/** The best common ancestors of a head and a commit that holds others. */
function mergeBases(history: History, head: number, others: readonly number[]): number[] {
  const held = ancestry(history, others);
  const common = [...ancestry(history, [head])].filter((commit) => held.has(commit));
  return common.filter(
    (commit) => !common.some((other) => other !== commit && ancestry(history, [other]).has(commit)),
  );
}

function subsets<T>([first, ...rest]: readonly T[]): T[][] {
  if (first === undefined) return [[]];
  return subsets(rest).flatMap((subset) => [subset, [first, ...subset]]);
}

/** Some of `0` to `count - 1`. */
const some = (count: number, most: number) =>
  count === 0
    ? fc.constant([])
    : fc.uniqueArray(fc.nat({ max: count - 1 }), { minLength: 0, maxLength: most });
const worlds = fc.record({ commits: fc.integer({ min: 2, max: 9 }), items: fc.integer({ min: 1, max: 4 }) });
const world = worlds.chain(({ commits, items }) =>
  fc.record({
    history: fc.tuple(...Array.from({ length: commits }, (_, n) => some(n, 2))),
    base: fc.nat({ max: commits - 1 }),
    heads: fc.array(fc.nat({ max: commits - 1 }), { minLength: items, maxLength: items }),
    deps: fc.tuple(...Array.from({ length: items }, (_, n) => some(n, 2))),
    older: fc.nat({ max: commits - 1 }),
  }),
);

describe('forks', () => {
  it('are the one best common ancestor, whatever else has been merged before, also where dates are wrong', () =>
    fc.assert(
      fc.asyncProperty(world, async ({ history, base, heads, deps, older }) => {
        const find = (git: Git, commits?: ReturnType<typeof reader>) =>
          findForks(git, idOf(base), heads.map(idOf), deps, commits);
        const forks = await find(new ListingGit(history));
        expect(await find(new ListingGit(history), reader(history))).toEqual(forks);
        const unsure = await find(new ListingGit(history, older));
        for (const [position, head] of heads.entries()) {
          const needed = closure(deps, position).filter((other) => other !== position);
          const free = [...Array(position).keys()].filter((other) => !needed.includes(other));
          for (const also of subsets(free)) {
            const held = [base, ...[...needed, ...also].map((other) => heads[other]!)];
            const bases = mergeBases(history, head, held).map(idOf);
            for (const fork of [forks[position], unsure[position]])
              if (fork !== undefined) expect(bases).toEqual([fork]);
          }
        }
      }),
      { numRuns: 2000 },
    ));

  // 0 is the base's past, 1 the base, 2 a branch, 3 one on top of it, 4 one beside it, 5 a merge of the two.
  const history = [[], [0], [1], [2], [1], [3, 4]];
  const heads = [2, 3, 4, 5].map(idOf);

  it('are known for stacks and branches side by side, and not where two ways meet', async () => {
    const deps = [[], [0], [], []];
    for (const commits of [undefined, reader(history)])
      expect(await findForks(new ListingGit(history), idOf(1), heads, deps, commits)).toEqual([
        ...['c1', 'c2', 'c1'],
        undefined,
      ]);
  });

  it('are known through what an item depends on by way of others', async () => {
    const chain = [[], [0], [1], [2]];
    const git = new ListingGit(chain);
    const [a, c] = [1, 3].map(idOf);
    expect(await findForks(git, idOf(0), [a!, a!, c!], [[], [0], [1]])).toEqual(['c0', 'c1', 'c1']);
    expect(await findForks(git, idOf(0), [a!, a!, c!], [[], [], [1]])).toEqual(['c0', undefined, undefined]);
  });

  it('are known for a branch that has merged its own parts, and not where two commits of the base meet again', async () => {
    const own = [[], [0], [1], [1], [2, 3]];
    expect(await findForks(new ListingGit(own), idOf(0), [idOf(4)], [[]], reader(own))).toEqual(['c0']);
    const crossed = [[], [0], [0], [1, 2], [1, 2]];
    // Also where git takes one of the two for later than the base.
    for (const older of [undefined, 1, 2]) {
      const forks = await findForks(new ListingGit(crossed, older), idOf(3), [idOf(4)], [[]]);
      expect(forks[0]).toBeUndefined();
    }
  });

  it('are unknown where git fails, and a fault that is none of git is told', async () => {
    const failing = (error: Error) =>
      Object.assign(new Git('/nowhere'), { lines: () => Promise.reject(error) }) as Git;
    const missing = { read: () => Promise.reject(new Error('missing')) };
    const find = (git: Git) => findForks(git, idOf(1), heads, [[], [], [], []], missing);
    expect(await find(failing(new GitError(['rev-list'], 128, 'bad object', '')))).toEqual([]);
    await expect(find(failing(new TypeError('none of git')))).rejects.toThrow(TypeError);
    expect(await find(new ListingGit(history))).toEqual(['c1', undefined, 'c1', undefined]);
  });
});
