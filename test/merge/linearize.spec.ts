import { execFileSync } from 'node:child_process';
import { type Tip, type WeaveItem, weaveItem } from '../../lib/merge/weave';
import { type TestStore, testStores } from '../support/stores';

const stores = testStores();
const COMMITTER = { name: 'Robot', email: 'robot@example.com', seconds: 1_800_000_000, offset: '+0000' };
const TRAILERS = (name: string) => `Lex-PR-Item: ${name}\nLex-PR-Run: r`;

type Rewriting = 'squash' | 'rebase';

/** Weaves items that must all be woven, except the last, whose result is returned. */
async function weave(store: TestStore, strategy: Rewriting, heads: Readonly<Record<string, string>>) {
  const base = store.repo.git('rev-parse', 'main');
  const { git, merge, commits } = store;
  let tip: Tip = { chain: base, linear: base };
  const last: { result?: Awaited<ReturnType<typeof weaveItem>> } = {};
  for (const [name, head] of Object.entries(heads)) {
    if (last.result !== undefined && last.result.kind !== 'woven') throw new Error(last.result.kind);
    const item: WeaveItem = { name, branch: name, head };
    const context = { git, merge, commits, strategy, runId: 'r', base, committer: COMMITTER };
    last.result = await weaveItem(context, tip, item);
    if (last.result.kind === 'woven') tip = last.result.tip;
  }
  expect(await tree(store, tip.linear)).toBe(await tree(store, tip.chain));
  return { result: last.result!, line: lineOf(store, tip.linear) };
}

const tree = (store: TestStore, commit: string) => store.git.text(['rev-parse', `${commit}^{tree}`]);

/** Messages of the commits after main, oldest first; fails where one is a merge. */
function lineOf({ repo }: TestStore, end: string): string[] {
  expect(repo.git('rev-list', '--merges', `main..${end}`)).toBe('');
  return repo
    .git('log', '--reverse', '--format=%B%x00', `main..${end}`)
    .split('\0')
    .map((message) => message.trim())
    .slice(0, -1);
}

describe('weaving by squash', () => {
  it('makes one commit of an item, with the message of its only commit or a list of them', async () => {
    const store = await stores.create();
    const { repo } = store;
    const a = repo.branch('a', { a: '1' }, 'main', 'Add a\n\nBecause.\n\nSigned-off-by: A <a@b>');
    repo.branch('b1', { b: '1' }, 'a', 'Add b\nin two lines\n\nBody');
    const b = repo.branch('b', { b: '2' }, 'b1', 'Fix: b');
    const { line } = await weave(store, 'squash', { a, 'the b': b });
    expect(line).toEqual([
      `Add a\n\nBecause.\n\nSigned-off-by: A <a@b>\n${TRAILERS('a')}`,
      `the b\n\n* Add b in two lines\n* Fix: b\n\n${TRAILERS('the b')}`,
    ]);
  });

  it('keeps the author of the head and commits as the run', async () => {
    const store = await stores.create();
    const { repo } = store;
    repo.git('config', 'user.name', 'Ada "the first" Ümlaut');
    const a = repo.branch('a', { a: '1' });
    const { result } = await weave(store, 'squash', { a });
    if (result.kind !== 'woven') throw new Error(result.kind);
    const { author, committer, parents } = await store.commits.read(result.tip.linear);
    expect(author).toEqual((await store.commits.read(a)).author);
    expect(author.name).toBe('Ada "the first" Ümlaut');
    expect(committer).toEqual(COMMITTER);
    expect(parents).toEqual([repo.git('rev-parse', 'main')]);
  });

  it('takes in what a merge in the branch has resolved', async () => {
    const store = await stores.create();
    const head = evilMerge(store);
    const { line } = await weave(store, 'squash', { evil: head });
    expect(line).toEqual([`evil\n\n* change own\n* change side\n\n${TRAILERS('evil')}`]);
  });
});

describe('weaving by rebase', () => {
  it('lands each commit of a stack once, with author and message', async () => {
    const store = await stores.create();
    const { repo } = store;
    repo.branch('a1', { a: '1' }, 'main', 'a1');
    const a = repo.branch('a', { a: '2' }, 'a1', 'a2\n\nNote: x');
    const b = repo.branch('b', { b: '1' }, 'a', 'b1');
    const c = repo.branch('c', { c: '1' }, 'main', 'c1');
    const { line, result } = await weave(store, 'rebase', { c, a, b });
    expect(line).toEqual([
      `c1\n\n${TRAILERS('c')}`,
      `a1\n\n${TRAILERS('a')}`,
      `a2\n\nNote: x\n${TRAILERS('a')}`,
      `b1\n\n${TRAILERS('b')}`,
    ]);
    if (result.kind !== 'woven') throw new Error(result.kind);
    const last = await store.commits.read(result.tip.linear);
    expect(last.author).toEqual((await store.commits.read(b)).author);
    expect(last.committer).toEqual(COMMITTER);
  });

  it('leaves out commits whose change is on the line already', async () => {
    const store = await stores.create();
    const { repo } = store;
    const a = repo.branch('a', { shared: '1' }, 'main', 'a');
    repo.branch('b1', { shared: '1' }, 'main', 'the same');
    const b = repo.branch('b', { b: '1' }, 'b1', 'b');
    const { line } = await weave(store, 'rebase', { a, b });
    expect(line).toEqual([`a\n\n${TRAILERS('a')}`, `b\n\n${TRAILERS('b')}`]);
  });

  it('leaves out merges of the target into the branch', async () => {
    const store = await stores.create();
    const { repo } = store;
    repo.branch('a', { a: '1' }, 'main', 'a1');
    repo.commit({ m: '1' }, 'on main');
    repo.git('checkout', '-q', 'a');
    repo.git('merge', '-q', '--no-edit', 'main');
    const a = repo.commit({ a: '2' }, 'a2');
    repo.git('checkout', '-q', 'main');
    repo.commit({ m: '2' }, 'later on main');
    const { line } = await weave(store, 'rebase', { a });
    expect(line).toEqual([`a1\n\n${TRAILERS('a')}`, `a2\n\n${TRAILERS('a')}`]);
  });

  it('picks the first commit of a history that was merged in', async () => {
    const store = await stores.create();
    const { repo } = store;
    repo.git('checkout', '-q', '--orphan', 'import');
    repo.git('rm', '-rqf', '.');
    repo.commit({ imported: '1' }, 'import');
    repo.git('checkout', '-q', '-b', 'a', 'main');
    repo.git('merge', '-q', '--no-edit', '--allow-unrelated-histories', 'import');
    const a = repo.git('rev-parse', 'HEAD');
    repo.git('checkout', '-q', 'main');
    const first = repo.branch('first', { f: '1' }, 'main', 'first');
    const { line } = await weave(store, 'rebase', { first, a });
    expect(line).toEqual([`first\n\n${TRAILERS('first')}`, `import\n\n${TRAILERS('a')}`]);
  });

  it('keeps what a message in another encoding says', async () => {
    const store = await stores.create();
    const { repo } = store;
    const text = Buffer.concat([
      Buffer.from(`tree ${repo.git('rev-parse', `${repo.branch('x', { x: '1' })}^{tree}`)}\n`),
      Buffer.from(`parent ${repo.git('rev-parse', 'main')}\n`),
      Buffer.from('author J\xfcrgen <j@x> 5 +0200\ncommitter J\xfcrgen <j@x> 5 +0200\n', 'latin1'),
      Buffer.from('encoding ISO-8859-1\n\nGr\xfc\xdfe\n', 'latin1'),
    ]);
    const args = ['hash-object', '-w', '-t', 'commit', '--stdin'];
    const latin = execFileSync('git', args, { cwd: repo.path, input: text, encoding: 'utf8' }).trim();
    const { result } = await weave(store, 'rebase', { größer: latin });
    if (result.kind !== 'woven') throw new Error(result.kind);
    expect(repo.git('log', '-1', '--format=%an %at %ad%n%B', '--date=format:%z', result.tip.linear)).toBe(
      `Jürgen 5 +0200\nGrüße\n\n${TRAILERS('größer')}\n`,
    );
    expect(repo.git('cat-file', 'commit', result.tip.linear)).not.toContain('encoding');
  });

  it('names an item as the subject where a commit has no message', async () => {
    const store = await stores.create();
    const { repo } = store;
    const args = ['commit-tree', '-p', 'main', `${repo.branch('a', { a: '1' })}^{tree}`];
    const silent = execFileSync('git', args, { cwd: repo.path, input: '', encoding: 'utf8' }).trim();
    const { line } = await weave(store, 'rebase', { silent });
    expect(line).toEqual([`silent\n\n${TRAILERS('silent')}`]);
  });

  it('refuses a merge with changes of its own, and says which', async () => {
    const store = await stores.create();
    const head = evilMerge(store);
    const { result } = await weave(store, 'rebase', { evil: head });
    expect(result).toEqual({
      kind: 'not-linearizable',
      detail: `commit ${head.slice(0, 12)} ("evil") is a merge with changes of its own, which are lost when commits are picked one by one`,
    });
  });

  it('refuses a commit that only applies where a merge has prepared it, and says which', async () => {
    const store = await stores.create();
    const { repo } = store;
    const side = repo.branch('side', { README: 'side\n' });
    repo.branch('own', { README: 'own\n' }, 'main', 'own "change"');
    repo.git('checkout', '-q', '--detach', 'own');
    repo.git('merge', '-q', '-s', 'ours', '--no-edit', side);
    const head = repo.commit({ after: '1' }, 'after');
    repo.git('checkout', '-q', 'main');
    const { result } = await weave(store, 'rebase', { a: head });
    const conflicting = [side, repo.git('rev-parse', 'own')].map((id) => id.slice(0, 12)).join('|');
    expect(result).toMatchObject({ kind: 'not-linearizable' });
    expect(result.kind === 'not-linearizable' && result.detail).toMatch(
      new RegExp(`^commit (${conflicting}) \\(".*"\\) does not apply on its own: conflict in "README"$`),
    );
  });

  it('takes the history as it was committed, whatever replace refs say', async () => {
    const store = await stores.create();
    const { repo } = store;
    const a = repo.branch('a', { a: '1' }, 'main', 'as committed');
    repo.git('replace', a, repo.branch('b', { a: '2' }, 'main', 'a stand-in'));
    const { line } = await weave(store, 'rebase', { a });
    expect(line).toEqual([`as committed\n\n${TRAILERS('a')}`]);
  });
});

/** A branch of two lines of work, `own` and `side`, whose merge adds a file that neither has. */
function evilMerge({ repo }: TestStore): string {
  repo.branch('side', { side: '1' });
  repo.branch('own', { own: '1' });
  repo.git('checkout', '-q', '--detach', 'own');
  repo.git('merge', '-q', '--no-ff', '--no-commit', 'side');
  const head = repo.commit({ evil: '1' }, 'evil');
  repo.git('checkout', '-q', 'main');
  expect(repo.git('rev-list', '--parents', '-1', head).split(' ')).toHaveLength(3);
  return head;
}
