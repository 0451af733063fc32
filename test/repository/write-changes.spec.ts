import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Git } from '../../lib/repository/git';
import { openHome } from '../../lib/repository/home';
import { openLane } from '../../lib/repository/lane';
import { type ObjectReader, openReader } from '../../lib/repository/object-reader';
import { openPrivate } from '../../lib/repository/private';
import { openSource } from '../../lib/repository/source';
import { createTreeList } from '../../lib/repository/tree';
import { openTrees } from '../../lib/repository/trees';
import { isPlain } from '../../lib/repository/write-changes';
import { commitStream, type Files, threeSides } from '../merge/random-trees';
import { TestRepository } from '../support/repository';

let repo: TestRepository;
let git: Git;
let reader: ObjectReader;
beforeEach(async () => {
  repo = TestRepository.create();
  git = await openPrivate(await openHome(repo.root), await openSource(repo.path));
  reader = openReader(git);
});
afterEach(async () => {
  await reader.close();
  repo.remove();
});

const RUNS = 20 * Number(process.env.LEX_PR_TEST_RUNS ?? 1);

/** A lane that writes what it can itself, and one in which git writes all. */
async function twoLanes() {
  const home = await openHome(repo.root);
  const list = createTreeList(reader);
  const stage = () => {
    throw new Error('a lane writes no objects');
  };
  const source = { trees: openTrees({ read: reader.read, stage }), reader };
  const own = await openLane(home, git, list, 0, undefined, source);
  const byGit = await openLane(home, git, list, 1);
  return { own, byGit };
}

/** The same with nothing but plain files. */
const usual = (files: Files): Files =>
  new Map(
    [...files].map(([path, { mode, content }]) => [
      path.replaceAll('é', 'z'),
      { mode: mode === '100755' ? mode : '100644', content },
    ]),
  );

/** Everything below a folder but `.git` at its top. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'latin1' }) as string[];
  const inTree = names.filter((name) => name !== '.git' && !name.startsWith('.git/'));
  return Object.fromEntries(
    inTree.sort().map((name) => {
      const file = Buffer.from(join(folder, name), 'latin1');
      const stats = lstatSync(file);
      const mode = (stats.mode & 0o7777).toString(8);
      if (stats.isSymbolicLink()) return [name, `-> ${readlinkSync(file)}`];
      return [name, stats.isFile() ? `${mode} ${readFileSync(file, 'latin1')}` : `${mode}/`];
    }),
  );
}

const inTree = (cwd: string, ...args: string[]) =>
  execFileSync('git', args, { cwd, encoding: 'utf8' }).trim();

function put(files: Files, ref: string) {
  const input = commitStream(ref, files);
  execFileSync('git', ['fast-import', '--quiet', '--force'], { cwd: repo.path, input });
  const [commit = '', tree = ''] = repo.git('rev-parse', ref, `${ref}^{tree}`).split('\n');
  return { commit, tree };
}

describe('a work tree that is changed without git', () => {
  it('is the one that git writes, whatever a gate did to it, with an index that says so', async () => {
    const { own, byGit } = await twoLanes();
    const run = jest.spyOn(git, 'run');
    let [count, asked] = [0, 0];
    const spoil = fc.record({ at: fc.nat(20), kind: fc.constantFrom('edit', 'add', 'none') });
    const property = fc.asyncProperty(threeSides, spoil, async ({ base, ours, theirs }, { at, kind }) => {
      count += 1;
      const isUsual = count % 2 === 0;
      for (const [step, any] of [base, ours, theirs, base].entries()) {
        const files = isUsual ? usual(any) : any;
        const { commit, tree } = put(files, `refs/s/${count}`);
        run.mockClear();
        const path = await own.checkout(commit, tree);
        if (isUsual && step > 0) expect(run).not.toHaveBeenCalled();
        asked += run.mock.calls.length;
        expect(contents(path)).toEqual(contents(await byGit.checkout(commit, tree)));
        expect(inTree(path, 'status', '--porcelain', '--ignored')).toBe('');
        expect(inTree(path, 'write-tree')).toBe(tree);
        expect(inTree(path, 'diff-index', '--cached', 'HEAD')).toBe('');
        const name = readdirSync(path).filter((entry) => entry !== '.git')[at];
        if (kind === 'edit' && name !== undefined && lstatSync(join(path, name)).isFile())
          writeFileSync(join(path, name), 'edited\n');
        if (kind === 'add') {
          mkdirSync(join(path, 'new'), { recursive: true });
          writeFileSync(join(path, 'new/file'), 'x');
        }
      }
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
    // Links, submodules and names beyond ASCII are git's.
    expect(asked).toBeGreaterThan(0);
  }, 120_000);

  it('is left to git where the repository configures how files are written', async () => {
    const first = repo.commit({ a: '1\n' });
    const second = repo.commit({ a: '2\n' });
    execFileSync('git', ['config', '-f', join(git.gitDir, 'config'), 'core.autocrlf', 'true']);
    const { own } = await twoLanes();
    for (const commit of [first, second, first, second]) {
      const path = await own.checkout(commit, repo.git('rev-parse', `${commit}^{tree}`));
      expect(readFileSync(join(path, 'a'), 'utf8')).toMatch(/^[12]\r\n$/);
    }
  });

  // Git compares times by the second.
  it('has no file with a time that a gate has set back, so that git notices what changes in it', async () => {
    const { own } = await twoLanes();
    const checkout = (commit: string) => own.checkout(commit, repo.git('rev-parse', `${commit}^{tree}`));
    const first = repo.commit({ a: '1\n', b: '1\n' });
    const second = repo.commit({ b: '2\n' });
    symlinkSync('a', join(repo.path, 'link'));
    const linked = repo.commit({ b: '3\n' });
    const file = join(await checkout(first), 'a');
    const setBack = () => utimesSync(file, 1_500_000_000, 1_500_000_000);
    setBack();
    await checkout(second);
    expect(lstatSync(file).mtimeMs).toBeGreaterThan(1_600_000_000_000);
    writeFileSync(file, 'x\n');
    setBack();
    // This one is git's.
    await checkout(linked);
    expect(readFileSync(file, 'utf8')).toBe('1\n');
  });

  it.each([
    '.GIT/config',
    'a/.git/hooks/x',
    'git~1',
    'a\\b',
    'x:y',
    'a/../b',
    '.',
    'a.',
    'é',
    'a b',
    '.gitmodules',
  ])('is left to git for %j', (path) => expect(isPlain(path)).toBe(false));

  it.each(['a', '.config/x', 'src/a-b_c.d.ts', 'web/@scope/x+y=z,1'])('may have %j', (path) =>
    expect(isPlain(path)).toBe(true),
  );

  it('does not get what git refuses', async () => {
    const good = repo.commit({ a: '1\n' });
    const { own } = await twoLanes();
    await own.checkout(good, repo.git('rev-parse', `${good}^{tree}`));
    const blob = repo.git('rev-parse', 'HEAD:a');
    const tree = execFileSync('git', ['mktree'], {
      cwd: repo.path,
      input: `100644 blob ${blob}\t.GIT\n100644 blob ${blob}\ta\n`,
      encoding: 'utf8',
    }).trim();
    const commit = repo.git('commit-tree', '-m', 'x', tree);
    await expect(own.checkout(commit, tree)).rejects.toThrow("invalid path '.GIT'");
    const path = await own.checkout(good, repo.git('rev-parse', `${good}^{tree}`));
    expect(Object.keys(contents(path)).sort()).toEqual(['README', 'a']);
  });
});
