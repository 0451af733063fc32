import { itemOf, mergePlan, problemsOf, runCli, writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';
import { snapshot } from '../support/snapshot';

const create = testRepositories();

describe('a pinned item', () => {
  it('lands while its branch names the pinned commit, in capitals too', async () => {
    const repo = create();
    const sha = repo.branch('change', { change: '1\n' });
    const merged = await mergePlan(repo, { items: [{ name: 'change', sha: sha.toUpperCase() }] });
    expect(merged.code).toBe(0);
    expect(itemOf(merged, 'change').head).toBe(sha);
  });

  it('fails with head-moved when its branch has moved on, without a gate; the rest lands', async () => {
    const repo = create();
    const sha = repo.branch('change', { change: '1\n' });
    repo.branch('change', { change: '2\n' }, 'change');
    repo.branch('above', { above: '1\n' }, 'change');
    repo.branch('other', { other: '1\n' });
    const merged = await mergePlan(repo, {
      items: [{ name: 'change', sha }, { name: 'above', deps: ['change'] }, { name: 'other' }],
    });
    expect(merged.outcome).toEqual({ change: 'failed: head-moved', above: 'blocked', other: 'merged' });
    expect(merged.code).toBe(1);
    expect(itemOf(merged, 'change').gates).toMatchObject([{ status: 'skipped', attempts: 0 }]);
    expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'other']);
  });

  it('without a branch of its name stands for the commit itself', async () => {
    const repo = create();
    const sha = repo.branch('temporary', { change: '1\n' });
    repo.git('update-ref', '-d', 'refs/heads/temporary');
    const { code, outcome } = await mergePlan(repo, {
      items: [{ name: 'a commit', sha }],
    });
    expect(outcome).toEqual({ 'a commit': 'merged' });
    expect(code).toBe(0);
    expect(repo.show('main', 'change')).toBe('1');
  });

  it('to a commit that is not there is refused, and nothing is changed', async () => {
    const repo = create();
    const before = snapshot(repo.path);
    const plan = writePlan(repo, { items: [{ name: 'nowhere', sha: 'f'.repeat(40) }] });
    const problems = problemsOf(await runCli(['merge', plan, '--execute', '--json'], { cwd: repo.path }));
    expect(problems).toMatchObject([{ code: 'unknown-commit', path: 'items[0].sha' }]);
    expect(snapshot(repo.path)).toEqual(before);
  });
});
