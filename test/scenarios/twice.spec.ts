import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { appears } from '../e2e/held-gates';
import { type TestRepository, testRepositories } from '../support/repository';
import { branchesFor, CountedGates, filesOf, landedOn, makeRemote, startPlan } from './world';

const create = testRepositories();
const ITEMS = [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c' }];
const ALL = { a: 'merged', b: 'merged', c: 'merged' };

/** Resolves once so many runs wait in line in the repository. */
function wait(repo: TestRepository, count: number): Promise<void> {
  const folder = join(repo.path, '.lex-pr', 'waiting');
  const waiting = () =>
    existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')).length : 0;
  return appears(folder, () => waiting() === count);
}

/** Every change is on `main` in one commit, and nothing else is. */
function expectOnce(where: Pick<TestRepository, 'git'>): void {
  expect(landedOn(where).sort()).toEqual(['a', 'b', 'c']);
  expect(where.git('rev-list', '--first-parent', '--count', 'main')).toBe('4');
  expect(filesOf(where)).toEqual(['README', 'a', 'b', 'c']);
}

// Two people who say `bors r+`, or `/merge`, of one change at once: tidb-incubator/cherry-bot #13 (queued twice),
// rust-lang/bors #284.
describe('the same plan, submitted again while it runs', () => {
  it('in one folder waits for its turn, then finds it all merged, and runs no gate', async () => {
    const repo = create();
    branchesFor(repo, ITEMS);
    const gates = new CountedGates(repo);
    const plan = { items: ITEMS, gates: gates.gates };
    gates.hold('a');
    const first = startPlan(repo, plan, { name: 'first' });
    await gates.started(['a']);
    const others = ['second', 'third'].map((name) => startPlan(repo, plan, { name }));
    await wait(repo, 2);
    gates.letGo('a');
    const ends = await Promise.all([first, ...others].map((run) => run.end()));
    expect(ends.map(({ code, outcome }) => ({ code, outcome }))).toEqual(
      ends.map(() => ({ code: 0, outcome: ALL })),
    );
    for (const { report } of ends.slice(1)) {
      expect(report.items.map(({ reason }) => reason?.split(':')[0])).toEqual(
        ITEMS.map(() => 'nothing to do'),
      );
      expect(report.target.after).toBe(report.target.before);
    }
    expect(gates.runs('a', 'b', 'c', 'integration')).toEqual([1, 1, 1, 1]);
    expectOnce(repo);
  });

  it('by processes that start at the same moment is run by one of them', async () => {
    const repo = create();
    branchesFor(repo, ITEMS);
    const gates = new CountedGates(repo);
    const plan = { items: ITEMS, gates: gates.gates };
    const runs = ['first', 'second', 'third'].map((name) => startPlan(repo, plan, { name }));
    const ends = await Promise.all(runs.map((run) => run.end()));
    expect(ends.map(({ code, outcome }) => ({ code, outcome }))).toEqual(
      ends.map(() => ({ code: 0, outcome: ALL })),
    );
    expect(gates.runs('a', 'b', 'c', 'integration')).toEqual([1, 1, 1, 1]);
    expect(new Set(ends.map(({ report }) => report.runId)).size).toBe(3);
    expectOnce(repo);
  });

  it.each([
    ['', ''],
    [' that refuses the fence', 'case $1 in refs/lex-pr/*) exit 1;; esac'],
  ])(
    'from two clones to one remote%s is landed by one of them; the other has nothing to do',
    async (_, hook) => {
      const repo = create();
      branchesFor(repo, ITEMS);
      const remote = makeRemote(repo);
      remote.hook('update', hook);
      const gates = new CountedGates(repo);
      const plan = { repository: remote.url, items: ITEMS, gates: gates.gates };
      gates.hold('integration');
      const runs = ['one', 'two'].map((name) => {
        const cwd = join(repo.root, `clone ${name}`);
        repo.git('clone', '-q', remote.url, cwd);
        return startPlan(repo, plan, { name, cwd });
      });
      // Both have tested everything, and are about to land.
      await gates.started(['integration'], 2);
      gates.letGo('integration');
      const ends = await Promise.all(runs.map((run) => run.end()));
      expect(ends.map(({ code, outcome }) => ({ code, outcome }))).toEqual(
        ends.map(() => ({ code: 0, outcome: ALL })),
      );
      const idle = ends.filter(({ report }) =>
        report.items.every(({ reason }) => reason?.startsWith('nothing to do')),
      );
      expect(idle).toHaveLength(1);
      for (const { report } of ends) expect(remote.git('rev-parse', 'main')).toBe(report.target.after);
      expectOnce(remote);
    },
  );

  it('in part, with another plan beside it, lands what both have once', async () => {
    const repo = create();
    branchesFor(repo, ITEMS);
    const remote = makeRemote(repo);
    const gates = new CountedGates(repo);
    gates.hold('integration');
    const runs = [['c'], ['a', 'c']].map((names) => {
      const cwd = join(repo.root, `clone for ${names.join()}`);
      repo.git('clone', '-q', remote.url, cwd);
      const items = names.map((name) => ({ name }));
      return startPlan(
        repo,
        { repository: remote.url, items, gates: gates.gates },
        { name: names.join(), cwd },
      );
    });
    await gates.started(['integration'], 2);
    gates.letGo('integration');
    const ends = await Promise.all(runs.map((run) => run.end()));
    expect(ends.map(({ code, outcome }) => ({ code, outcome }))).toEqual([
      { code: 0, outcome: { c: 'merged' } },
      { code: 0, outcome: { a: 'merged', c: 'merged' } },
    ]);
    expect(landedOn(remote).sort()).toEqual(['a', 'c']);
    expect(filesOf(remote)).toEqual(['README', 'a', 'c']);
  });
});
