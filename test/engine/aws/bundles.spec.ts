import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blobKeys, SEGMENT } from '../../../lib/engine/aws/blobs';
import {
  restoreWeave,
  writeBaseBundle,
  writeCandidateBundle,
  writeWeaveBundle,
} from '../../../lib/engine/aws/bundles';
import { createCandidates } from '../../../lib/merge/candidate';
import { type Tip, weaveItem } from '../../../lib/merge/weave';
import type { MergeStrategy } from '../../../lib/plan/plan';
import { hasCommits, unpackBundle } from '../../../lib/repository/bundle';
import { Git } from '../../../lib/repository/git';
import { type MemoryBlobs, testBlobs } from '../../support/memory-blobs';
import { type TestStore, testStores } from '../../support/stores';

const stores = testStores();
const openBlobs = testBlobs();

function empty({ repo }: TestStore, name: string): Git {
  const gitDir = join(repo.root, name);
  execFileSync('git', ['init', '-q', '--bare', '--template=', gitDir]);
  return new Git(gitDir);
}

const commitsIn = async (git: Git) =>
  (await git.lines(['cat-file', '--batch-all-objects', '--batch-check=%(objecttype) %(objectname)']))
    .flatMap((line) => (line.startsWith('commit ') ? [line.slice(7)] : []))
    .sort();

describe('bundles of candidates', () => {
  it('hold, on top of the base, what the items of their segment are tested on and nothing else', async () => {
    const store = await stores.create();
    const { repo, git, merge, commits } = store;
    const count = SEGMENT + 2;
    repo.branches(Array.from({ length: count }, (_, k) => ({ name: `b${k}` })));
    const clash = repo.branch('clash', { b0: 'another\n' });
    const base = repo.git('rev-parse', 'main');
    const branches = Array.from({ length: count }, (_, k) => repo.git('rev-parse', `b${k}`));
    // Position 1 adds nothing, 2 clashes with its dependency; the others are as they are.
    const heads = branches.with(1, base).with(2, clash);
    const deps = heads.map((_, k) => (k === 2 ? [0] : []));
    const candidates = createCandidates({ git, merge, commits, base, heads, deps });
    const file = join(repo.root, 'bundle');

    const gates = empty(store, 'first.git');
    await writeBaseBundle(git, file, base);
    await unpackBundle(gates, file);
    expect(await commitsIn(gates)).toEqual([base]);
    expect(await writeCandidateBundle(git, file, base, candidates, { number: 0, heads })).toBe(true);
    const tips = await unpackBundle(gates, file);
    const expected = await Promise.all(Array.from({ length: SEGMENT }, async (_, k) => candidates.of(k)));
    const tested = expected.flatMap((one) => (one.kind === 'clean' && !one.empty ? [one.commit] : []));
    expect(tested).toHaveLength(SEGMENT - 2);
    expect([...tips].sort()).toEqual([...tested].sort());
    const wanted = (await gates.lines(['rev-list', ...tips])).sort();
    expect(await commitsIn(gates)).toEqual(wanted);
    expect(wanted).not.toContain(clash);
    expect(wanted).not.toContain(heads.at(-1));

    // The next segment needs the base only.
    const others = empty(store, 'second.git');
    expect(await writeCandidateBundle(git, file, base, candidates, { number: 1, heads })).toBe(true);
    await expect(unpackBundle(others, file)).rejects.toThrow(`lacks ${base}`);
    await writeBaseBundle(git, join(repo.root, 'base'), base);
    await unpackBundle(others, join(repo.root, 'base'));
    expect(await unpackBundle(others, file)).toHaveLength(2);
  });

  it('are not there where nothing is to be tested', async () => {
    const { repo, git, merge, commits } = await stores.create();
    const base = repo.git('rev-parse', 'main');
    const candidates = createCandidates({ git, merge, commits, base, heads: [base], deps: [[]] });
    const file = join(repo.root, 'bundle');
    expect(await writeCandidateBundle(git, file, base, candidates, { number: 0, heads: [base] })).toBe(false);
    expect(existsSync(file)).toBe(false);
  });
});

describe('the bundles of a weave', () => {
  const committer = { name: 'n', email: 'e', seconds: 1_700_000_000, offset: '+0000' };
  const RUN = 'r1';

  interface Weaving {
    readonly store: TestStore;
    readonly blobs: MemoryBlobs;
    readonly runBase: string;
  }

  async function begin(): Promise<Weaving> {
    const store = await stores.create();
    const runBase = store.repo.git('rev-parse', 'main');
    const blobs = await openBlobs();
    const file = join(store.repo.root, 'bundle');
    await writeBaseBundle(store.git, file, runBase);
    await blobs.put(blobKeys.base(RUN), readFileSync(file));
    mkdirSync(join(store.repo.root, 'scratch'));
    return { store, blobs, runBase };
  }

  /** Weaves a batch of branches onto a tip, and writes its bundle as the merge function does. */
  async function weave(
    { store, blobs, runBase }: Weaving,
    batch: {
      round: number;
      base: string;
      from: number;
      tip: Tip;
      branches: string[];
      strategy?: MergeStrategy;
    },
  ): Promise<Tip> {
    const { round, base, from, branches, strategy = 'merge' } = batch;
    const { repo, git, merge, commits } = store;
    const context = { git, merge, commits, strategy, runId: RUN, base, committer };
    let { tip } = batch;
    for (const branch of branches) {
      const head = repo.git('rev-parse', branch);
      const woven = await weaveItem(context, tip, { name: branch, branch, head });
      if (woven.kind === 'woven') tip = woven.tip;
    }
    const file = join(repo.root, 'bundle');
    if (await writeWeaveBundle(git, file, { run: runBase, round: base }, batch.tip, tip))
      await blobs.put(blobKeys.weave(RUN, round, from, tip.chain), readFileSync(file));
    return tip;
  }

  const at = (commit: string): Tip => ({ chain: commit, linear: commit });
  const restore = ({ store, blobs, runBase }: Weaving, git: Git, round: number, tip: Tip) =>
    restoreWeave(git, blobs, join(store.repo.root, 'scratch'), { run: RUN, round, base: runBase, tip });

  it.each(['merge', 'squash', 'rebase'] as const)('bring it into a new clone (%s)', async (strategy) => {
    const weaving = await begin();
    const { store, runBase, blobs } = weaving;
    store.repo.branches([{ name: 'a' }, { name: 'b', from: 'a' }, { name: 'c' }, { name: 'd' }]);
    const same = { round: 1, base: runBase, strategy };
    const one = await weave(weaving, { ...same, from: 0, tip: at(runBase), branches: ['a'] });
    const two = await weave(weaving, { ...same, from: 1, tip: one, branches: ['b', 'c'] });
    const three = await weave(weaving, { ...same, from: 3, tip: two, branches: ['d'] });
    const clone = empty(store, 'clone.git');
    await restore(weaving, clone, 1, three);
    expect(await hasCommits(clone, [three.chain, three.linear])).toBe(true);
    await clone.run(['fsck', '--connectivity-only']);
    expect(await clone.text(['rev-parse', `${three.linear}^{tree}`])).toBe(three.tree);
    expect(readdirSync(join(store.repo.root, 'scratch'))).toEqual([]);

    // Again, and from where a part of it is there: nothing more is read than is needed.
    blobs.files.delete(blobKeys.base(RUN));
    const [first = ''] = await blobs.list(blobKeys.weaves(RUN, 1));
    await restore(weaving, clone, 1, three);
    await restore(weaving, clone, 1, two);
    blobs.files.delete(first);
    await restore(weaving, clone, 1, one);
  });

  it('hold each only what its batch has added', async () => {
    const weaving = await begin();
    const { store, runBase, blobs } = weaving;
    store.repo.branches([{ name: 'a' }, { name: 'b' }]);
    const one = await weave(weaving, { round: 1, base: runBase, from: 0, tip: at(runBase), branches: ['a'] });
    await weave(weaving, { round: 1, base: runBase, from: 1, tip: one, branches: ['b'] });
    const [, second = ''] = await blobs.list(blobKeys.weaves(RUN, 1));
    const bytes = blobs.files.get(second)!;
    // The head of b and its merge, each with a tree, and the file.
    expect(bytes.readUInt32BE(bytes.indexOf('\n\n') + 2 + 8)).toBe(5);
  });

  it('are not written for a batch that has added nothing', async () => {
    const weaving = await begin();
    const { runBase, blobs } = weaving;
    const batch = { round: 1, base: runBase, from: 0, tip: at(runBase), branches: ['main'] };
    expect(await weave(weaving, batch)).toEqual(at(runBase));
    expect(await blobs.list(blobKeys.weaves(RUN, 1))).toEqual([]);
  });

  it('bring along what the target has moved by, in a round on top of that', async () => {
    const weaving = await begin();
    const { store } = weaving;
    store.repo.branches([{ name: 'a' }, { name: 'b' }]);
    store.repo.commit({ moved: 'yes\n' });
    const moved = store.repo.commit({ moved: 'again\n' });
    const one = await weave(weaving, { round: 2, base: moved, from: 0, tip: at(moved), branches: ['a'] });
    const two = await weave(weaving, { round: 2, base: moved, from: 1, tip: one, branches: ['b'] });
    const clone = empty(store, 'clone.git');
    await restore(weaving, clone, 2, two);
    expect(await clone.text(['show', `${two.linear}:moved`])).toBe('again');
    await clone.run(['fsck', '--connectivity-only']);
  });

  it('do not stand in the way when they come late, from a batch that was given out anew', async () => {
    const weaving = await begin();
    const { store, runBase } = weaving;
    store.repo.branches([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    const batch = { round: 1, base: runBase, from: 0, tip: at(runBase) };
    const one = await weave(weaving, { ...batch, branches: ['a', 'b'] });
    // The worker that was taken for lost had only the first of them.
    await weave(weaving, { ...batch, branches: ['a'] });
    const two = await weave(weaving, { ...batch, from: 2, tip: one, branches: ['c'] });
    const clone = empty(store, 'clone.git');
    await restore(weaving, clone, 1, two);
    expect(await hasCommits(clone, [two.chain])).toBe(true);
  });

  it('that do not lead to the tip are an error that names it', async () => {
    const weaving = await begin();
    const { store, runBase } = weaving;
    store.repo.branches([{ name: 'a' }]);
    await weave(weaving, { round: 1, base: runBase, from: 0, tip: at(runBase), branches: ['a'] });
    const gone = at('1'.repeat(40));
    const clone = empty(store, 'clone.git');
    await expect(restore(weaving, clone, 1, gone)).rejects.toThrow(`run r1, round 1, does not lead to 1111`);
    expect(readdirSync(join(store.repo.root, 'scratch'))).toEqual([]);
  });
});
