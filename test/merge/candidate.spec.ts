import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import fc from 'fast-check';
import { type Candidate, createCandidates, parentlessCommit } from '../../lib/merge/candidate';
import { findForks } from '../../lib/merge/forks';
import { mergeCommits } from '../../lib/merge/merge-commits';
import type { CommitStore } from '../../lib/repository/commits';
import { Git, type GitOptions } from '../../lib/repository/git';
import type { Objects } from '../../lib/repository/objects';
import { type TestStore, testStores } from '../support/stores';
import { commitStream } from './random-trees';

const stores = testStores();

interface Items {
  readonly heads: readonly string[];
  readonly deps: readonly (readonly number[])[];
}

/** Without objects all merges are git's. */
type Store = Omit<TestStore, 'objects'> & { readonly objects: TestStore['objects'] | undefined };

function candidatesIn(store: Store, items: Items, git = store.git) {
  const base = store.repo.git('rev-parse', 'main');
  const { commits, objects } = store;
  return createCandidates({
    git,
    merge: (a, b) => mergeCommits(git, a, b),
    commits,
    objects,
    base,
    ...items,
  });
}

const all = (store: Store, items: Items, git = store.git) => {
  const candidates = candidatesIn(store, items, git);
  return Promise.all(items.heads.map((_, position) => candidates.of(position)));
};

const commitOf = (candidate: Candidate) => {
  if (candidate.kind !== 'clean') throw new Error(JSON.stringify(candidate));
  return candidate.commit;
};

/** Remembers which git commands were run, and may answer them itself. */
class WatchedGit extends Git {
  readonly commands: string[] = [];
  constructor(
    gitDir: string,
    private readonly answer?: () => string,
  ) {
    super(gitDir);
  }
  override async run(args: readonly string[], options?: GitOptions) {
    this.commands.push(args[0]!);
    if (this.answer === undefined) return super.run(args, options);
    return { stdout: Buffer.from(this.answer()), stderr: '', exitCode: 0 };
  }
}

/** Gives ids to what is staged, and forgets it. */
const stagedForNothing = (): Objects => ({
  read: async () => undefined,
  write: () => '',
  stage: (_, parts) => hash('sha1', Buffer.concat(parts), 'hex'),
  flush: async () => {},
  stagedBytes: () => 0,
  close: async () => {},
});

/** a; b and c on it; d on both; each a branch of its own from main. */
function diamond({ repo }: TestStore): Items {
  const heads = ['a', 'b', 'c', 'd'].map((name) => repo.branch(name, { [name]: name }));
  return { heads, deps: [[], [0], [0], [1, 2]] };
}

const fileOf = (text: number) => ({ mode: '100644', content: `${text}\n` });

const branchOfMany = fc.record({
  parents: fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
  deps: fc.array(fc.nat(20), { maxLength: 2 }),
  path: fc.constantFrom('a', 'b', 'c/d', 'c/f', 'g/h', 'i', 'j', 'k/l', 'k/m'),
  text: fc.nat(3),
});

function fastImport({ repo }: TestStore, stream: readonly string[]): void {
  execFileSync('git', ['fast-import', '--quiet'], { cwd: repo.path, input: stream.join('\n') });
}

describe('a candidate', () => {
  it('is the base and the head, merged by lex-pr at the later of their dates', async () => {
    const store = await stores.create();
    const base = store.repo.git('rev-parse', 'main');
    const head = store.repo.branch('a', { a: '1' });
    const candidate = await candidatesIn(store, { heads: [head], deps: [[]] }).of(0);
    const tree = store.repo.git('rev-parse', 'a^{tree}');
    expect(candidate).toEqual({ kind: 'clean', commit: commitOf(candidate), tree, empty: false });
    const { seconds } = (await store.commits.read(head)).committer;
    const lexPr = { name: 'lex-pr', email: 'lex-pr@localhost', seconds, offset: '+0000' };
    expect(await store.commits.read(commitOf(candidate))).toEqual({
      tree,
      parents: [base, head],
      author: lexPr,
      committer: lexPr,
      message: `Merge ${head}\n`,
    });
  });

  it.each(['sha1', 'sha256'] as const)('of a diamond has every dependency once (%s)', async (format) => {
    const store = await stores.create(format);
    const items = diamond(store);
    const [, , , d] = (await all(store, items)).map(commitOf);
    expect(store.repo.git('ls-tree', '--name-only', d!)).toBe('README\na\nb\nc\nd');
    expect(store.repo.git('log', '--first-parent', '--reverse', '--format=%s', `main..${d}`)).toBe(
      items.heads.map((head) => `Merge ${head}`).join('\n'),
    );
    store.repo.git('fsck', '--strict', '--no-dangling');
  });

  it('asks git again which commits are beyond the base where a head begins before it', async () => {
    const store = await stores.create();
    const items = diamond(store);
    store.repo.git('checkout', '-q', 'main');
    store.repo.commit({ later: 'x' });
    const git = new WatchedGit(store.git.gitDir);
    const found = await all(store, items, git);
    expect(git.commands).toEqual(['rev-list', 'rev-list']);
    expect(found).toEqual(await all({ ...store, objects: undefined }, items));
  });

  it('shares its merges with others, also when all are asked for at once', async () => {
    const store = await stores.create();
    const { heads, deps } = diamond(store);
    const git = new WatchedGit(store.git.gitDir);
    // a and b begin the candidates of d and of two more, that have the same dependencies as d.
    const items = { heads: [...heads, heads[3]!, heads[3]!], deps: [...deps, [2, 1], [1, 2, 1]] };
    const found = await all({ ...store, objects: undefined }, items, git);
    expect(found[4]).toEqual(found[3]);
    expect(found[5]).toEqual(found[3]);
    // base+a, base+a+b, base+a+c, base+a+b+c and the one of d.
    expect(git.commands).toEqual(Array(5).fill('merge-tree'));
  });

  it('needs no merge by git where all have changed other files, and is written before it is told', async () => {
    const store = await stores.create();
    const items = diamond(store);
    const git = new WatchedGit(store.git.gitDir);
    const candidates = candidatesIn(store, items, git);
    const first = commitOf(await candidates.of(0));
    expect(store.repo.git('cat-file', '-t', first)).toBe('commit');
    const found = await Promise.all(items.heads.map((_, position) => candidates.of(position)));
    expect(git.commands).toEqual([]);
    expect(found).toEqual(await all({ ...store, objects: undefined }, items));
  });

  it('has the same id in every repository and whatever was asked for before', async () => {
    const store = await stores.create();
    const items = diamond(store);
    const together = await all(await stores.beside(store, 'one.git'), items);
    const two = candidatesIn(await stores.beside(store, 'two.git'), items);
    const backwards: Candidate[] = [];
    for (const position of [3, 2, 1, 0]) backwards.unshift(await two.of(position));
    expect(backwards).toEqual(together);
  });

  it('of a chain of 50 is the one before it and one merge', async () => {
    const store = await stores.create();
    const heads = Array.from({ length: 50 }, (_, i) =>
      store.repo.branch(`b${i}`, { [`f${i}`]: `${i}` }, i % 10 === 0 ? 'main' : `b${i - 1}`),
    );
    const deps = heads.map((_, i) => (i === 0 ? [] : [i - 1]));
    const last = commitOf(await candidatesIn(store, { heads, deps }).of(49));
    const found = await all(store, { heads, deps });
    expect(commitOf(found[49]!)).toBe(last);
    for (let i = 1; i < 50; i++) {
      const { parents } = await store.commits.read(commitOf(found[i]!));
      expect(parents).toEqual([commitOf(found[i - 1]!), heads[i]]);
    }
    expect(store.repo.git('ls-tree', '--name-only', last).split('\n')).toHaveLength(51);
  });

  it('of a stack of 10,000 branches needs no merge by git and no deep stack', async () => {
    const who = { name: 'A', email: 'a@b', seconds: 1, offset: '+0000' };
    const idOf = (n: number) => `${n}`.padStart(40, '0');
    const commits: CommitStore = {
      read: async (id) => ({
        tree: `tree ${Number(id)}`,
        parents: [],
        author: who,
        committer: who,
        message: '',
      }),
      write: () => Promise.reject(new Error('all is staged')),
    };
    const heads = Array.from({ length: 10_000 }, (_, n) => idOf(n + 1));
    const git = new WatchedGit('/nowhere', () => heads.map((head, n) => `${head} ${idOf(n)}`).join('\n'));
    const candidates = createCandidates({
      git,
      merge: () => Promise.reject(new Error('not to be asked')),
      commits,
      objects: stagedForNothing(),
      base: idOf(0),
      heads,
      deps: heads.map((_, i) => (i === 0 ? [] : [i - 1, i >> 1])),
    });
    expect(await candidates.of(9_999)).toMatchObject({ kind: 'clean', tree: 'tree 10000', empty: false });
    expect(git.commands).toEqual(['rev-list']);
  });

  it('has nothing of a head that is contained already', async () => {
    const store = await stores.create();
    const a = store.repo.branch('a', { a: '1' });
    const b = store.repo.branch('b', { b: '1' }, 'a');
    const old = store.repo.git('rev-parse', 'main');
    store.repo.commit({ m: '1' });
    const heads = [old, b, a];
    const deps = [[], [], [0, 1]];
    const [nothing, whole, part] = await all(store, { heads, deps });
    const base = store.repo.git('rev-parse', 'main');
    const tree = store.repo.git('rev-parse', 'main^{tree}');
    expect(nothing).toEqual({ kind: 'clean', commit: base, tree, empty: true });
    expect(part).toEqual({ ...whole, empty: true });
  });

  it('has nothing of a head that the target has already, whatever its dependencies clash over', async () => {
    const store = await stores.create();
    const heads = [store.repo.branch('a', { README: 'a' }), store.repo.branch('b', { README: 'b' })];
    const base = store.repo.git('rev-parse', 'main');
    const tree = store.repo.git('rev-parse', 'main^{tree}');
    const after = store.repo.branch('c', { c: '1' });
    const deps = [[], [], [0, 1], [2]];
    const [, , there, onIt] = await all(store, { heads: [...heads, base, after], deps });
    expect(there).toEqual({ kind: 'clean', commit: base, tree, empty: true });
    expect(onIt).toEqual({ kind: 'conflict', at: 1, paths: ['README'] });
  });

  it('has the head of a change that is there already in other commits, and says that it adds nothing', async () => {
    const store = await stores.create();
    const head = store.repo.branch('a', { a: '1' });
    store.repo.commit({ a: '1' }, 'the same by somebody else');
    const [candidate] = await all(store, { heads: [head], deps: [[]] });
    expect(candidate).toMatchObject({ empty: true, tree: store.repo.git('rev-parse', 'main^{tree}') });
    expect((await store.commits.read(commitOf(candidate!))).parents[1]).toBe(head);
  });

  it('in conflict names the item that cannot be merged, for all that depend on it', async () => {
    const store = await stores.create();
    const heads = [
      store.repo.branch('a', { README: 'a' }),
      store.repo.branch('b', { README: 'b', 'other file': 'b' }),
      store.repo.branch('c', { c: '1' }),
      store.repo.branch('d', { d: '1' }),
    ];
    const [a, b, c, d] = await all(store, { heads, deps: [[], [0], [1], [1, 2]] });
    expect(a).toMatchObject({ kind: 'clean' });
    const conflict = { kind: 'conflict', at: 1, paths: ['README'] };
    expect([b, c, d]).toEqual([conflict, conflict, conflict]);
  });

  it('of a history that shares nothing with the target does not exist', async () => {
    const store = await stores.create();
    const heads = [
      store.repo.git('commit-tree', '-m', 'x', 'main^{tree}'),
      store.repo.branch('a', { a: '1' }),
    ];
    const unrelated = { kind: 'unrelated', at: 0 };
    expect(await all(store, { heads, deps: [[], [0]] })).toEqual([unrelated, unrelated]);
  });

  it('that failed for want of an object is made once the object is there', async () => {
    const store = await stores.create();
    const elsewhere = await stores.create();
    elsewhere.repo.git('fetch', '-q', store.repo.path, 'main');
    const heads = [
      elsewhere.repo.branch('late', { a: '1' }, 'FETCH_HEAD'),
      store.repo.branch('b', { b: '1' }),
    ];
    const candidates = candidatesIn(store, { heads, deps: [[], [0]] });
    await expect(candidates.of(1)).rejects.toThrow(heads[0]);
    store.repo.git('fetch', '-q', elsewhere.repo.path, 'late');
    expect(await candidates.of(1)).toMatchObject({ kind: 'clean' });
  });

  // Branches of many parents: criss-cross histories are among them.
  it.each([
    { format: 'sha1', numRuns: 12 },
    { format: 'sha256', numRuns: 6 },
  ] as const)(
    'is the same with and without git, whatever the branches have in common ($format)',
    async (given) => {
      const store = await stores.create(given.format);
      let round = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(branchOfMany, { minLength: 2, maxLength: 12 }), async (branches) => {
          round += 1;
          const ref = (name: number) => `refs/heads/${round}/${name}`;
          // Main goes on after 0, and the branches start from either end.
          const stream = [
            commitStream(ref(0), new Map(['a', 'b', 'c/d', 'e'].map((path) => [path, fileOf(0)]))),
            commitStream(ref(1), new Map([['main', fileOf(1)]]), ref(0), { keep: true }),
            ...branches.map(({ parents, path, text }, n) => {
              const [first = 0, ...others] = new Set(parents.map((parent) => parent % (n + 2)));
              const files = new Map([[path, fileOf(text)]]);
              return commitStream(ref(n + 2), files, ref(first), { keep: true, others: others.map(ref) });
            }),
          ];
          fastImport(store, stream);
          const heads = branches.map((_, n) => store.repo.git('rev-parse', ref(n + 2)));
          const deps = branches.map(({ deps }, n) => [...new Set(n === 0 ? [] : deps.map((dep) => dep % n))]);
          const base = store.repo.git('rev-parse', ref(1));
          const context = { ...store, base, heads, deps };
          const here = createCandidates(context);
          const byGit = createCandidates({ ...context, objects: undefined });
          for (const position of heads.keys())
            expect(await here.of(position)).toEqual(await byGit.of(position));
        }),
        { numRuns: given.numRuns, endOnFailure: true },
      );
      store.repo.git('fsck', '--strict', '--no-dangling');
    },
  );

  it('is the same with and without git where the dates of commits are wrong', async () => {
    const store = await stores.create();
    const [main, topic] = ['refs/heads/skewed', 'refs/heads/topic'];
    const change = (ref: string, path: string, text: number, seconds: number, parent?: string) =>
      commitStream(ref, new Map([[path, fileOf(text)]]), parent, { keep: true, seconds });
    fastImport(store, [
      change(main, 'a', 1, 2_000_000_000, 'refs/heads/main'),
      change(topic, 'a', 2, 2_000_000_001, main),
      change(topic, 'a', 1, 2_000_000_002),
      ...Array.from({ length: 20 }, (_, n) => change(main, `${n}`, n, n)),
    ]);
    const base = store.repo.git('rev-parse', main);
    const head = store.repo.git('rev-parse', topic);
    // The trap: of these, two are beyond main.
    expect(store.repo.git('rev-list', `${base}..${head}`).split('\n').length).toBeGreaterThan(2);
    const context = { ...store, base, heads: [head], deps: [[]] };
    const byGit = await createCandidates({ ...context, objects: undefined }).of(0);
    expect(await createCandidates(context).of(0)).toEqual(byGit);
    expect(await findForks(store.git, base, [head], [[]])).toEqual([]);
    expect(await findForks(store.git, base, [head], [[]], store.commits)).toEqual([]);
  });

  it('is made by git where a branch was started from a candidate', async () => {
    const store = await stores.create();
    const { repo } = store;
    const base = repo.git('rev-parse', 'main');
    const a = repo.branch('a', { a: '1' });
    const candidate = commitOf(await candidatesIn(store, { heads: [a], deps: [[]] }).of(0));
    // It takes back what the candidate brought, which is thus gone.
    const b = repo.branch('b', { a: null, b: '1' }, candidate);
    const [, found] = await all(store, { heads: [a, b], deps: [[], [0]] });
    expect(repo.git('ls-tree', '--name-only', commitOf(found!))).toBe('README\nb');
    expect(repo.git('merge-base', candidate, b)).not.toBe(base);
  });

  it('has the tree that git merge gives in a work tree, branch after branch, stacked or not', async () => {
    const store = await stores.create();
    const { repo } = store;
    const lines = Array.from({ length: 12 }, (_, i) => `line ${i}\n`);
    repo.commit({ f: lines.join(''), g: `g\n${lines.join('')}` });
    const branch = fc.record({
      stacked: fc.boolean(),
      file: fc.constantFrom('f', 'g', 'new'),
      line: fc.nat(11),
    });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(branch, { minLength: 2, maxLength: 4 }), async (branches) => {
        round += 1;
        const heads = branches.map(({ stacked, file, line }, i) => {
          const from = stacked && i > 0 ? `r${round}-${i - 1}` : 'main';
          const content = lines.with(line, `${i}\n`).join('');
          return repo.branch(`r${round}-${i}`, { [file]: file === 'g' ? `g\n${content}` : content }, from);
        });
        const deps = heads.map((_, i) => Array.from({ length: i }, (_, dep) => dep));
        const found = await candidatesIn(store, { heads, deps }).of(heads.length - 1);
        expect(found).toMatchObject(mergedByGit(repo.path, heads));
      }),
      { numRuns: 15 },
    );
  });
});

/** What merging one head after the other into main gives. */
function mergedByGit(cwd: string, heads: readonly string[]) {
  const run = (...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8', stdio: 'pipe' });
  run('checkout', '-q', '--detach', 'main');
  try {
    for (const [at, head] of heads.entries()) {
      try {
        run('merge', '-q', '--no-ff', '--no-edit', head);
      } catch {
        run('merge', '--abort');
        return { kind: 'conflict', at };
      }
    }
    return { kind: 'clean', tree: run('rev-parse', 'HEAD^{tree}').trim() };
  } finally {
    run('checkout', '-q', 'main');
  }
}

describe('the parentless commit of a tree', () => {
  it('is a function of the tree alone', async () => {
    const store = await stores.create();
    const tree = store.repo.git('rev-parse', 'main^{tree}');
    const commit = await parentlessCommit(store.commits, tree);
    expect(await parentlessCommit((await stores.beside(store)).commits, tree)).toBe(commit);
    expect(store.repo.git('log', '--format=%an <%ae> %at %cn <%ce> %ct %P%T', commit)).toBe(
      `lex-pr <lex-pr@localhost> 0 lex-pr <lex-pr@localhost> 0 ${tree}`,
    );
  });
});
