import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { remoteBranches } from '../../lib/discover/branch-source';
import { type DiscoverOptions, type Discovery, discover, discoverIn } from '../../lib/discover/discover';
import { InputError } from '../../lib/errors';
import { MemoryStore } from '../../lib/performance/memory-store';
import { withBranchesOf } from '../../lib/repository/branch-view';
import { openPrivate } from '../../lib/repository/private';
import { openRemoteSource } from '../../lib/repository/source';
import { TestRepository, testRepositories } from '../support/repository';
import { depsOf, notesOf } from './discovered';
import { histories, writeHistory } from './histories';

const create = testRepositories();

/** Discovers in a clone of the repository, which is kept from one call to the next. */
function remoteOf(repo: TestRepository) {
  const home = mkdtempSync(join(repo.root, 'home-'));
  const scratch = mkdtempSync(join(repo.root, 'scratch-'));
  const files = new MemoryStore();
  return async (options: DiscoverOptions): Promise<Discovery> => {
    const source = await openRemoteSource(`file://${repo.path}`, {});
    const repository = await openPrivate(home, source);
    const found = withBranchesOf({ source, repository }, scratch, (git) =>
      discoverIn(remoteBranches(git, files), options),
    );
    try {
      return await found;
    } finally {
      expect(readdirSync(scratch)).toEqual([]);
      expect(await repository.lines(['for-each-ref', 'refs/heads/'])).toEqual([]);
    }
  };
}

/** That there are no gates is said with what mends it, which is another thing there. */
const withoutUngated = ({ notes, ...found }: Discovery) => ({
  ...found,
  notes: notes.filter(({ event }) => event !== 'ungated'),
});

describe('discovering the branches of a remote', () => {
  it('finds what it finds in the repository itself, for any history', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const repo = TestRepository.create();
        try {
          writeHistory(repo, history);
          const remote = remoteOf(repo);
          for (const options of [{}, { infer: 'overlap' }, { branches: ['b[0-4]', 'b0'] }] as const) {
            const asFound = (found: Promise<Discovery>) =>
              found.then(withoutUngated, (error: unknown) =>
                (error as InputError).problems.map(({ code }) => code),
              );
            const here = await asFound(discover(repo.path, options));
            expect(await asFound(remote(options))).toEqual(here);
          }
        } finally {
          repo.remove();
        }
      }),
      { numRuns: 15 },
    );
  });

  it('sees branches that came, went and moved since it was cloned, and gates of the target as it is', async () => {
    const repo = create();
    repo.branches([{ name: 'dir' }, { name: 'moving' }]);
    const remote = remoteOf(repo);
    expect(depsOf(await remote({}))).toEqual({ dir: [], moving: [] });
    repo.git('branch', '-D', 'dir');
    repo.branch('dir/inside', { inside: '1\n' });
    repo.git('checkout', '-q', 'moving');
    const moved = repo.commit({ more: '1\n' });
    repo.git('checkout', '-q', 'main');
    repo.commit({ Makefile: 'test:\n\ttrue\n' });
    const found = await remote({});
    expect(depsOf(found)).toEqual({ 'dir/inside': [], moving: [] });
    expect(found.items.find(({ name }) => name === 'moving')!.sha).toBe(moved);
    expect(found.gates).toEqual([{ name: 'test', run: 'make test' }]);
  });

  it('knows the files of a branch from before, until it moves', async () => {
    const repo = create();
    repo.branches([{ name: 'a' }, { name: 'b' }]);
    const remote = remoteOf(repo);
    const note = async () => notesOf(await remote({ infer: 'overlap' }), 'files');
    expect(await note()).toEqual(['files of 2 branches compared, 0 of them known from before']);
    expect(await note()).toEqual(['files of 2 branches compared, 2 of them known from before']);
  });

  it('speaks of branches as those of a remote', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' }, 'main', 'a\n\nDepends-on: b');
    repo.branches([{ name: 'b' }, { name: 'c' }]);
    const remote = remoteOf(repo);
    const refusal = (options: DiscoverOptions) =>
      remote(options).catch((error: unknown) => {
        if (!(error instanceof InputError)) throw error;
        return error.problems.map(({ message, hint }) => `${message}; ${hint}`);
      });
    expect(await refusal({ target: 'trunk' })).toEqual([
      'the target "trunk" is not a branch; name a branch of `git ls-remote --heads` as `target`',
    ]);
    expect(await refusal({ branches: ['x*', 'c', 'y'] })).toEqual([
      'no branch matches "x*"; see `git ls-remote --heads`',
      'no branch matches "y"; see `git ls-remote --heads`',
    ]);
    expect(await refusal({ branches: ['a'] })).toEqual([
      expect.stringMatching(
        /^a depends on "b" .*not in the plan; plan it too: let one of `branches` match b$/,
      ),
    ]);
  });

  it('notes a pattern that matches nothing where that may be', async () => {
    const repo = create();
    repo.branches([{ name: 'a' }]);
    const found = await remoteOf(repo)({ branches: ['a', 'x*'], allowVain: true });
    expect(depsOf(found)).toEqual({ a: [] });
    expect(notesOf(found, 'no-such-branches')).toEqual(['no branch matches "x*"']);
  });
});
