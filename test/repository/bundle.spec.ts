import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BundleError, hasCommits, unpackBundle, writeBundle } from '../../lib/repository/bundle';
import { Git, GitError } from '../../lib/repository/git';
import { type TestStore, testStores } from '../support/stores';

const stores = testStores();

/** An empty bare repository beside a test's, with nothing of its objects. */
function empty({ repo }: TestStore, name = 'empty.git'): Git {
  const gitDir = join(repo.root, name);
  const format = repo.git('rev-parse', '--show-object-format');
  execFileSync('git', ['init', '-q', '--bare', '--template=', `--object-format=${format}`, gitDir]);
  return new Git(gitDir);
}

/** Everything that lies in a repository's object store. */
const objectFiles = ({ gitDir }: Git) =>
  readdirSync(join(gitDir, 'objects'), { recursive: true })
    .map(String)
    .filter((path) => /\w{2}\/\w{38,}$|pack\/./.test(path))
    .sort();

/** How many objects the pack of a bundle says it holds (gitformat-pack(5)). */
function objectsIn(file: string): number {
  const bytes = readFileSync(file);
  return bytes.readUInt32BE(bytes.indexOf('\n\n') + 2 + 8);
}

const fileIn = ({ repo }: TestStore) => join(repo.root, 'bundle');

describe('a bundle', () => {
  it('holds exactly what its tips have and its prerequisites do not', async () => {
    const store = await stores.create();
    const { repo, git } = store;
    const base = repo.git('rev-parse', 'main');
    const a = repo.branch('a', { 'src/a': 'a\n' });
    const b = repo.branch('b', { 'src/b': 'b\n' }, 'a');
    repo.branch('other', { other: 'x\n' });
    await writeBundle(git, fileIn(store), [a, b], [base]);
    const expected = repo.git('rev-list', '--objects', a, b, `^${base}`).split('\n').length;
    expect(objectsIn(fileIn(store))).toBe(expected);
    expect(repo.git('bundle', 'verify', '-q', fileIn(store))).toBe('');
    expect(repo.git('bundle', 'list-heads', fileIn(store)).split('\n').sort()).toEqual(
      [a, b].map((id) => `${id} refs/lex-pr/bundle/${id}`).sort(),
    );
  });

  it.each(['sha1', 'sha256'] as const)('brings its commits into a repository of %s', async (format) => {
    const store = await stores.create(format);
    const { repo, git } = store;
    const tip = repo.branch('a', { 'deep/er/file': 'a\n' });
    await writeBundle(git, fileIn(store), [tip], []);
    const to = empty(store);
    expect(await unpackBundle(to, fileIn(store))).toEqual([tip]);
    expect(await to.text(['show', `${tip}:deep/er/file`])).toBe('a');
    await to.run(['fsck', '--strict']);
  });

  it('builds on those before it, deltas against their files included', async () => {
    const store = await stores.create();
    const { repo, git } = store;
    const long = Array.from({ length: 2_000 }, (_, k) => `line ${k} ${k * k}\n`);
    const base = repo.commit({ long: long.join('') });
    const tip = repo.branch('a', { long: long.with(1_000, 'changed\n').join('') });
    const to = empty(store);
    await writeBundle(git, fileIn(store), [base], []);
    await unpackBundle(to, fileIn(store));
    await writeBundle(git, fileIn(store), [tip], [base]);
    // Far less than the file: it is a delta.
    expect(readFileSync(fileIn(store)).length).toBeLessThan(2_000);
    await unpackBundle(to, fileIn(store));
    expect(await to.text(['show', `${tip}:long`])).toContain('changed');
    await to.run(['fsck']);
  });

  it('may be taken twice', async () => {
    const store = await stores.create();
    const tip = store.repo.git('rev-parse', 'main');
    await writeBundle(store.git, fileIn(store), [tip], []);
    const to = empty(store);
    await unpackBundle(to, fileIn(store));
    const files = objectFiles(to);
    await unpackBundle(to, fileIn(store));
    expect(objectFiles(to)).toEqual(files);
  });

  it('is taken when git has made it', async () => {
    const store = await stores.create();
    const { repo } = store;
    const a = repo.branch('a', { a: 'a\n' });
    repo.git('bundle', 'create', '-q', fileIn(store), 'a', 'main');
    const to = empty(store);
    expect([...(await unpackBundle(to, fileIn(store)))].sort()).toEqual(
      [a, repo.git('rev-parse', 'main')].sort(),
    );
  });

  it('is not written where an object is missing', async () => {
    const store = await stores.create();
    await expect(writeBundle(store.git, fileIn(store), ['1'.repeat(40)], [])).rejects.toThrow(GitError);
    expect(existsSync(fileIn(store))).toBe(false);
  });
});

describe('a bundle that is refused', () => {
  /** Expects that it is, that nothing of it is there, and that a good one is taken after it. */
  async function expectRefused(store: TestStore, file: string, why: RegExp): Promise<void> {
    const to = empty(store);
    await expect(unpackBundle(to, file)).rejects.toThrow(BundleError);
    await expect(unpackBundle(to, file)).rejects.toThrow(why);
    expect(objectFiles(to)).toEqual([]);
    await writeBundle(store.git, file, [store.repo.git('rev-parse', 'main')], []);
    await unpackBundle(to, file);
  }

  it('builds on what the repository lacks', async () => {
    const store = await stores.create();
    const base = store.repo.git('rev-parse', 'main');
    const tip = store.repo.branch('a', { a: 'a\n' });
    await writeBundle(store.git, fileIn(store), [tip], [base]);
    await expectRefused(store, fileIn(store), new RegExp(`lacks ${base}`));
  });

  it('is cut off, wherever that is', async () => {
    const store = await stores.create();
    await writeBundle(store.git, fileIn(store), [store.repo.git('rev-parse', 'main')], []);
    const whole = readFileSync(fileIn(store));
    const to = empty(store, 'cut.git');
    for (const bytes of [
      0,
      1,
      20,
      whole.indexOf('\n\n') + 1,
      whole.indexOf('\n\n') + 2,
      whole.length - 21,
      whole.length - 1,
    ]) {
      writeFileSync(fileIn(store), whole.subarray(0, bytes));
      await expect(unpackBundle(to, fileIn(store))).rejects.toThrow(BundleError);
    }
    expect(objectFiles(to)).toEqual([]);
  });

  it('has a byte that is another, wherever in its pack', async () => {
    const store = await stores.create();
    await writeBundle(store.git, fileIn(store), [store.repo.git('rev-parse', 'main')], []);
    const whole = readFileSync(fileIn(store));
    const to = empty(store, 'flipped.git');
    for (let at = whole.indexOf('\n\n') + 2; at < whole.length; at += 7) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 0x10;
      writeFileSync(fileIn(store), changed);
      await expect(unpackBundle(to, fileIn(store))).rejects.toThrow(BundleError);
    }
    expect(objectFiles(to)).toEqual([]);
  });

  it('lacks a file of its commits', async () => {
    const store = await stores.create();
    const { repo, git } = store;
    const tip = repo.git('rev-parse', 'main');
    const all = repo.git('rev-list', '--objects', '--no-object-names', tip).split('\n');
    const blob = repo.git('rev-parse', 'main:README');
    const input = all.filter((id) => id !== blob).join('\n');
    const { stdout } = await git.run(['pack-objects', '-q', '--stdout'], { input: `${input}\n` });
    const header = Buffer.from(`# v2 git bundle\n${tip} refs/x\n\n`);
    writeFileSync(fileIn(store), Buffer.concat([header, stdout]));
    await expectRefused(store, fileIn(store), /git refuses the bundle/);
  });

  it('does not hold what it names', async () => {
    const store = await stores.create();
    const { repo, git } = store;
    const [tip, other] = [repo.git('rev-parse', 'main'), repo.branch('a', { a: 'a\n' })];
    await writeBundle(git, fileIn(store), [tip], []);
    const text = readFileSync(fileIn(store), 'latin1').replaceAll(tip, other);
    writeFileSync(fileIn(store), text, 'latin1');
    const to = empty(store);
    await expect(unpackBundle(to, fileIn(store))).rejects.toThrow(`does not hold ${other}`);
    expect(await hasCommits(to, [other])).toBe(false);
  });

  it('is of another object format', async () => {
    const store = await stores.create('sha256');
    const other = await stores.create('sha1');
    await writeBundle(other.git, fileIn(other), [other.repo.git('rev-parse', 'main')], []);
    await expectRefused(store, fileIn(other), /is sha1, the repository sha256/);
  });

  it.each([
    ['no bundle', 'PK\u0003\u0004\n\n', /not a bundle/],
    ['of a later version', '# v9 git bundle\n\nPACK', /not a bundle of version/],
    ['with what nobody here understands', '# v3 git bundle\n@filter=blob:none\n\nPACK', /not understood/],
    ['with an id too short', '# v2 git bundle\nabc refs/x\n\nPACK', /not understood/],
    ['with an id of another format', `# v2 git bundle\n${'a'.repeat(64)} refs/x\n\nPACK`, /not sha1/],
    ['with a header that never ends', `# v2 git bundle\n${'-'.repeat(1 << 21)}`, /cut off/],
  ])('is %s', async (_, text, why) => {
    const store = await stores.create();
    writeFileSync(fileIn(store), text);
    await expectRefused(store, fileIn(store), why);
  });
});
