import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { createMergeDisjoint } from '../../lib/merge/disjoint';
import { openTrees } from '../../lib/repository/trees';
import { type TestStore, testStores } from '../support/stores';
import { commitStream, threeSides } from './random-trees';

const stores = testStores();
const RUNS = Number(process.env.LEX_PR_TEST_RUNS ?? 3);
const SCENARIOS = 100;

type Scenario = typeof threeSides extends fc.Arbitrary<infer T> ? T : never;

interface Side {
  readonly commit: string;
  readonly tree: string;
}

/** Commits the sides of each scenario. */
function commitAll({ repo }: TestStore, scenarios: readonly Scenario[], digits: number) {
  const stream = scenarios.flatMap(({ base, ours, theirs }, n) => [
    commitStream(`refs/s/${n}/base`, base, undefined, { digits }),
    commitStream(`refs/s/${n}/ours`, ours, `refs/s/${n}/base`, { digits }),
    commitStream(`refs/s/${n}/theirs`, theirs, `refs/s/${n}/base`, { digits }),
  ]);
  execFileSync('git', ['fast-import', '--quiet', '--force'], { cwd: repo.path, input: stream.join('\n') });
  const lines = repo.git('for-each-ref', '--format=%(refname) %(objectname) %(tree)', 'refs/s').split('\n');
  const sides = new Map(
    lines.map((line): [string, Side] => {
      const [ref = '', commit = '', tree = ''] = line.split(' ');
      return [ref, { commit, tree }];
    }),
  );
  return scenarios.map((scenario, n) => {
    const [base, ours, theirs] = ['base', 'ours', 'theirs'].map((side) => sides.get(`refs/s/${n}/${side}`)!);
    return { scenario, base: base!, ours: ours!, theirs: theirs! };
  });
}

/** The tree of a merge; undefined: in conflict, or git fails over it, as 2.39 does over renames of submodules. */
async function mergedByGit({ merge }: TestStore, ours: Side, theirs: Side): Promise<string | undefined> {
  const merged = await merge(ours.commit, theirs.commit).catch(() => undefined);
  return merged?.kind === 'clean' ? merged.tree : undefined;
}

describe('a merge of what was changed in different places', () => {
  it.each(['sha1', 'sha256'] as const)(
    'gives the tree that git gives, or leaves it to git (%s)',
    async (format) => {
      const store = await stores.create(format);
      let [made, clean] = [0, 0];
      const scenarios = fc.array(threeSides, { minLength: SCENARIOS, maxLength: SCENARIOS });
      const property = fc.asyncProperty(scenarios, async (all) => {
        const merge = createMergeDisjoint(openTrees(store.objects));
        for (const { scenario, base, ours, theirs } of commitAll(store, all, format === 'sha1' ? 40 : 64)) {
          const expected = await mergedByGit(store, ours, theirs);
          const tree = await merge(base.tree, ours.tree, theirs.tree);
          // Where one side is the base there is nothing to merge.
          const isMerge = new Set([base.tree, ours.tree, theirs.tree]).size === 3;
          if (isMerge && expected !== undefined) clean += 1;
          if (tree === undefined) continue;
          if (isMerge) made += 1;
          expect({ scenario, tree }).toEqual({ scenario, tree: expected });
        }
        await store.objects.flush();
      });
      await fc.assert(property, {
        numRuns: format === 'sha1' ? RUNS : Math.ceil(RUNS / 3),
        endOnFailure: true,
      });
      // Much of what git merges is such that it need not be asked: in the long run two of three.
      expect(made).toBeGreaterThan(clean / 4);
    },
    60_000 + RUNS * 3_000,
  );

  it('is left to git where a tree has a file and a folder of one name', async () => {
    const { repo, objects } = await stores.create();
    const git = (args: string[], input: Buffer) =>
      execFileSync('git', [...args, '-w', '--stdin'], { cwd: repo.path, input })
        .toString()
        .trim();
    const [x, y] = ['x', 'y'].map((text) => git(['hash-object'], Buffer.from(text))) as [string, string];
    const tree = (...entries: [mode: string, name: string, id: string][]) =>
      git(
        ['hash-object', '-t', 'tree', '--literally'],
        Buffer.concat(
          entries.flatMap(([mode, name, id]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
        ),
      );
    const folder = tree(['100644', 'f', x]);
    const ours = tree(['100644', 'a', x], ['100644', 'd', x], ['100644', 'd-', x], ['40000', 'd', folder]);
    const merge = createMergeDisjoint(openTrees(objects));
    expect(await merge(tree(['100644', 'a', x]), ours, tree(['100644', 'a', y]))).toBeUndefined();
  });
});
