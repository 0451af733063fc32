import { type Tip, type WeaveItem, type WeaveResult, weaveItem } from '../../lib/merge/weave';
import type { MergeStrategy } from '../../lib/plan/plan';
import { type TestStore, testStores } from '../support/stores';

const stores = testStores();
const COMMITTER = { name: 'Robot', email: 'robot@example.com', seconds: 1_800_000_000, offset: '+0000' };

/** Weaves items one after the other; the tip stays where one is not woven. */
async function weave(store: TestStore, strategy: MergeStrategy, items: readonly WeaveItem[]) {
  const base = store.repo.git('rev-parse', 'main');
  const { git, merge, commits } = store;
  let tip: Tip = { chain: base, linear: base };
  const results: WeaveResult[] = [];
  for (const item of items) {
    const context = { git, merge, commits, strategy, runId: 'run-1', base, committer: COMMITTER };
    const result = await weaveItem(context, tip, item);
    results.push(result);
    if (result.kind === 'woven') tip = result.tip;
  }
  return { tip, results, kinds: results.map((result) => result.kind) };
}

const item = (name: string, head: string): WeaveItem => ({ name, branch: `feature/${name}`, head });

const treeOf = (store: TestStore, commit: string) => store.git.text(['rev-parse', `${commit}^{tree}`]);

describe('weaving with merge commits', () => {
  it('adds a merge of the tip and the head, with the trailers of item and run', async () => {
    const store = await stores.create();
    const base = store.repo.git('rev-parse', 'main');
    const a = store.repo.branch('a', { a: '1' });
    const b = store.repo.branch('b', { b: '1' });
    const { tip, kinds } = await weave(store, 'merge', [item('a', a), item('the "b"', b)]);
    expect(kinds).toEqual(['woven', 'woven']);
    expect(tip.linear).toBe(tip.chain);
    const last = await store.commits.read(tip.chain);
    expect(last).toEqual({
      tree: await treeOf(store, tip.chain),
      parents: [last.parents[0], b],
      author: COMMITTER,
      committer: COMMITTER,
      message: `Merge branch 'feature/the "b"'\n\nLex-PR-Item: the "b"\nLex-PR-Run: run-1\n`,
    });
    expect((await store.commits.read(last.parents[0]!)).parents).toEqual([base, a]);
    expect(store.repo.git('ls-tree', '--name-only', tip.chain)).toBe('README\na\nb');
    store.repo.git('fsck', '--strict', '--no-dangling');
  });

  it('leaves the tip where a head is contained, or changes no file', async () => {
    const store = await stores.create();
    const old = store.repo.git('rev-parse', 'main');
    const a = store.repo.branch('a', { a: '1' });
    const stacked = store.repo.branch('stacked', { s: '1' }, 'a');
    const same = store.repo.branch('same', { s: '1', a: '1' });
    const empty = store.repo.branch('empty', {});
    const items = [old, stacked, a, same, empty].map((head, i) => item(`i${i}`, head));
    const { tip, kinds } = await weave(store, 'merge', items);
    expect(kinds).toEqual(['nothing', 'woven', 'nothing', 'nothing', 'nothing']);
    expect((await store.commits.read(tip.chain)).parents).toEqual([old, stacked]);
  });

  it('names the paths of a conflict and the earlier items that changed them', async () => {
    const store = await stores.create();
    const name = ':!* "x"\nü';
    const lines = Array.from({ length: 9 }, (_, i) => `${i}\n`);
    store.repo.commit({ [name]: lines.join(''), deleted: 'x', other: 'x' });
    const edit = (at: number, to: string) => lines.with(at, `${to}\n`).join('');
    const items = [
      item('unrelated', store.repo.branch('a', { other: 'a' })),
      item('first line', store.repo.branch('b', { [name]: edit(0, 'b') })),
      item('last line', store.repo.branch('c', { [name]: edit(8, 'c'), deleted: null })),
      item('both', store.repo.branch('d', { [name]: edit(8, 'd').replace('0', 'd') })),
      item('deleted', store.repo.branch('e', { deleted: 'e' })),
    ];
    const { results } = await weave(store, 'merge', items);
    expect(results.slice(3)).toEqual([
      { kind: 'conflict', paths: [name], with: ['first line', 'last line'] },
      { kind: 'conflict', paths: ['deleted'], with: ['last line'] },
    ]);
  });

  it('names nobody where a conflict is with the target itself', async () => {
    const store = await stores.create();
    const a = store.repo.branch('a', { README: 'a' });
    store.repo.commit({ README: 'main' });
    const other = store.repo.branch('other', { o: '1' });
    const { results } = await weave(store, 'merge', [item('other', other), item('a', a)]);
    expect(results[1]).toEqual({ kind: 'conflict', paths: ['README'], with: [] });
  });

  it('refuses a history that shares nothing', async () => {
    const store = await stores.create();
    const stranger = store.repo.git('commit-tree', '-m', 'x', 'main^{tree}');
    expect((await weave(store, 'merge', [item('a', stranger)])).results).toEqual([{ kind: 'unrelated' }]);
  });
});

describe.each(['merge', 'squash', 'rebase'] as const)('weaving by %s', (strategy) => {
  it('gives the same commits in every repository, and the tree of the merge chain', async () => {
    const store = await stores.create('sha256');
    const { repo } = store;
    repo.git('config', 'i18n.commitEncoding', 'ISO-8859-1');
    repo.branch('a1', { a: '1' });
    const a = repo.branch('a', { a: '2' }, 'a1');
    const b = repo.branch('b', { b: '1', README: null, 'read me': 'base\n' }, 'a');
    const c = repo.branch('c', { README: 'changed\n' });
    const items = [item('a', a), item('b', b), item('c', c), item('d', repo.branch('d', { d: '1' }, 'c'))];
    const one = await weave(await stores.beside(store, 'one.git'), strategy, items);
    const two = await weave(await stores.beside(store, 'two.git'), strategy, items);
    expect(two).toEqual(one);
    const chain = await weave(store, 'merge', items);
    expect(chain.tip.chain).toBe(one.tip.chain);
    const elsewhere = await weave(store, strategy, items);
    expect(elsewhere).toEqual(one);
    expect(await treeOf(store, one.tip.linear)).toBe(await treeOf(store, one.tip.chain));
    const ours = repo.git(
      'log',
      '--format=%(trailers:key=Lex-PR-Run,valueonly)',
      '--first-parent',
      `main..${one.tip.linear}`,
    );
    expect(new Set(ours.split('\n').filter(Boolean))).toEqual(new Set(['run-1']));
  });
});
