import { type TestRepository, testRepositories } from '../support/repository';
import { branchesFor, CountedGates, filesOf, landedOn, runPlan, startPlan } from './world';

const create = testRepositories();
const STRATEGIES = ['merge', 'squash', 'rebase'];

const LINES = Array.from({ length: 40 }, (_, line) => `line ${line}`);
/** A file of many lines of which some are replaced. */
const edited = (changes: Readonly<Record<number, string>>) =>
  LINES.map((line, at) => `${changes[at] ?? line}\n`).join('');

/** The change that a commit makes to its first parent, without where in a file it is. */
const changeOf = (repo: TestRepository, commit: string) =>
  repo
    .git('diff', '-U0', `${commit}^1`, commit)
    .split('\n')
    .filter((line) => /^[-+]/.test(line));
const changesOf = (repo: TestRepository, range: string) =>
  repo.git('rev-list', '--reverse', '--first-parent', range).split('\n');

/** Three branches that leave `main` at different times, each with one change to one file that all of them share. */
function threeAges(repo: TestRepository) {
  repo.commit({ shared: edited({}) });
  repo.branch('oldest', { oldest: '1\n', shared: edited({ 2: 'oldest' }) });
  repo.commit({ shared: edited({ 10: 'main' }), first: '1\n' }, 'first on main');
  repo.branch('older', { older: '1\n', shared: edited({ 10: 'main', 20: 'older' }) });
  repo.commit({ README: null, second: '1\n' }, 'second on main');
  repo.branch('newest', { newest: '1\n', shared: edited({ 10: 'main', 37: 'newest' }) });
  repo.commit({ third: '1\n' }, 'third on main');
  return ['newest', 'older', 'oldest'].map((name) => ({ name }));
}

// GitHub, 23 April 2026 (status incident zsg1lk7w13cf; zed #54721, ComfyUI_frontend #11629): a merge queue that squashed
// groups of more than one pull request took earlier commits back without a word.
describe.each(STRATEGIES)('a group that lands by %s', (mergeStrategy) => {
  it('takes nothing back that was there: each commit makes the change of its item, and no other', async () => {
    const repo = create();
    const items = threeAges(repo);
    const before = repo.git('rev-parse', 'main');
    const changes = items.map(({ name }) => changeOf(repo, name));
    const { code, report } = await runPlan(repo, { items, policy: { mergeStrategy } });
    expect(code).toBe(0);
    expect(report.integration).toMatchObject({
      commit: repo.git('rev-parse', 'main'),
      tree: repo.git('rev-parse', 'main^{tree}'),
      gates: [{ status: 'pass' }],
    });
    expect(landedOn(repo)).toEqual(['newest', 'older', 'oldest']);
    const commits = changesOf(repo, `${before}..main`);
    expect(commits.map((commit) => changeOf(repo, commit))).toEqual(changes);
    expect(repo.show('main', 'shared')).toBe(
      edited({ 2: 'oldest', 10: 'main', 20: 'older', 37: 'newest' }).trimEnd(),
    );
    // What main has deleted does not come back with a branch that still had it.
    expect(filesOf(repo)).toEqual(['first', 'newest', 'older', 'oldest', 'second', 'shared', 'third']);
  });

  it('takes nothing back of what arrives on the target while it is tested', async () => {
    const repo = create();
    const items = threeAges(repo);
    const changes = items.map(({ name }) => changeOf(repo, name));
    const gates = new CountedGates(repo);
    gates.hold('integration');
    const policy = { mergeStrategy, maxWorkers: 3 };
    const run = startPlan(repo, { items, gates: gates.gates, policy });
    await gates.started(['integration']);
    repo.commit({ first: null, shared: edited({ 10: 'main', 30: 'meanwhile' }) }, 'meanwhile');
    const theirs = repo.git('rev-parse', 'main');
    gates.letGo('integration');
    expect((await run.end()).code).toBe(0);
    const commits = changesOf(repo, `${theirs}..main`);
    expect(commits.map((commit) => changeOf(repo, commit))).toEqual(changes);
    expect(repo.show('main', 'shared')).toBe(
      edited({ 2: 'oldest', 10: 'main', 20: 'older', 30: 'meanwhile', 37: 'newest' }).trimEnd(),
    );
    expect(filesOf(repo)).toEqual(['newest', 'older', 'oldest', 'second', 'shared', 'third']);
  });

  // SquidSquad #13271: the squash of a branch that was far behind, and had merged main, reverted what was on main since.
  it('takes nothing back with a branch that has merged an earlier target', async () => {
    const repo = create();
    branchesFor(repo, [{ name: 'other' }]);
    repo.branch('stale', { stale: '1\n' });
    repo.commit({ early: '1\n' });
    repo.git('checkout', '-q', '--detach', 'stale');
    repo.git('merge', '-q', '-m', 'take main in', 'main');
    repo.git('update-ref', 'refs/heads/stale', 'HEAD');
    repo.git('checkout', '-q', 'main');
    repo.branch('stale', { more: '1\n' }, 'stale');
    repo.commit({ early: '2\n', late: '1\n' });
    const before = repo.git('rev-parse', 'main');
    const items = [{ name: 'other' }, { name: 'stale' }];
    const { code } = await runPlan(repo, { items, policy: { mergeStrategy } });
    expect(code).toBe(0);
    expect(repo.git('diff', '--name-status', before, 'main').split('\n')).toEqual([
      'A\tmore',
      'A\tother',
      'A\tstale',
    ]);
  });
});
