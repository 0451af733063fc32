import { itemOf } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { branchesFor, CountedGates, filesOf, landedOn, makeRemote, startPlan } from './world';

const create = testRepositories();
const policy = { maxWorkers: 4 };
const ITEMS = [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c', deps: ['b'] }, { name: 'd' }];

// Zuul, tests/unit/test_scheduler.py: test_new_patchset_dequeues_old, …_on_head, with the same four changes.
// homu #198, #215, #216: a push just before the tests led to a commit that nobody had approved.
describe('a new push to a change while its gates run', () => {
  it.each([
    ['in the middle', 'b', ['merged', 'failed: head-moved', 'blocked', 'merged'], ['README', 'a', 'd']],
    ['at the head', 'a', ['failed: head-moved', 'blocked', 'blocked', 'merged'], ['README', 'd']],
  ])('takes out the change %s and those above it, and nobody else', async (_, pushed, ends, files) => {
    const repo = create();
    branchesFor(repo, ITEMS);
    const remote = makeRemote(repo);
    const gates = new CountedGates(repo);
    gates.hold(pushed, 'd');
    const run = startPlan(repo, { repository: remote.url, items: ITEMS, gates: gates.gates, policy });
    await gates.started([pushed, 'd']);
    const now = repo.branch(pushed, { [pushed]: '2\n' }, pushed);
    repo.git('push', '-q', remote.url, pushed);
    gates.letGo(pushed, 'd');
    const merged = await run.end();
    expect(ITEMS.map(({ name }) => merged.outcome[name])).toEqual(ends);
    expect(itemOf(merged, pushed).reason).toContain(now.slice(0, 10));
    expect(gates.runs(pushed, 'd')).toEqual([1, 1]);
    expect(filesOf(remote)).toEqual(files);
    // What the author pushed is theirs: it stays as it is.
    expect(remote.git('rev-parse', pushed)).toBe(now);
  });
});

// bors-ng #25 and #349: a change that leaves is cut out of its batch, and it has to be the right one. homu #159: a
// branch was deleted while its change was tested, and nobody was told.
describe('a change that leaves, by the deletion of its branch', () => {
  it('does not cost the others their results: no gate of theirs runs twice', async () => {
    const repo = create();
    const items = [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'above', deps: ['b'] }];
    branchesFor(repo, items);
    const gates = new CountedGates(repo);
    gates.hold('a', 'b', 'c');
    const run = startPlan(repo, { items, gates: gates.gates, policy });
    await gates.started(['a', 'b', 'c']);
    gates.letGo('a');
    repo.git('branch', '-q', '-D', 'b');
    gates.letGo('b', 'c');
    const merged = await run.end();
    expect(merged.outcome).toEqual({ a: 'merged', b: 'failed: head-moved', c: 'merged', above: 'blocked' });
    expect(itemOf(merged, 'b').reason).toContain('deleted');
    expect(gates.runs('a', 'b', 'c')).toEqual([1, 1, 1]);
    expect(filesOf(repo)).toEqual(['README', 'a', 'c']);
  });
});

// ros2/ci #138 and sm64ds-decomp #1960: a target that was set back lost what had been merged, and nobody was told.
describe('a target that somebody sets back meanwhile', () => {
  it('is landed on as it is now; what it has lost is not reported as merged, and blocks what depends on it', async () => {
    const repo = create();
    const items = [{ name: 'a' }, { name: 'lost' }, { name: 'on lost', branch: 'on-lost', deps: ['lost'] }];
    branchesFor(repo, [{ name: 'a' }, { name: 'kept' }, { name: 'lost' }]);
    repo.git('merge', '-q', '--no-ff', '-m', 'by hand', 'kept');
    const before = repo.git('rev-parse', 'main');
    repo.git('merge', '-q', '--no-ff', '-m', 'by hand', 'lost');
    repo.branch('on-lost', { 'on-lost': '1\n' }, 'lost');
    const gates = new CountedGates(repo);
    gates.hold('a');
    const all = [...items, { name: 'kept' }];
    const run = startPlan(repo, { items: all, gates: gates.gates, policy });
    await gates.started(['a']);
    repo.git('reset', '-q', '--hard', before);
    gates.letGo('a');
    const merged = await run.end();
    expect(merged.outcome).toEqual({
      a: 'merged',
      kept: 'merged',
      lost: 'failed: target-moved',
      'on lost': 'blocked',
    });
    expect(itemOf(merged, 'lost').reason).toContain('main held this change, and does not any more');
    expect(gates.runs('a', 'kept', 'lost')).toEqual([1, 0, 0]);
    expect(landedOn(repo)).toEqual(['a']);
    expect(filesOf(repo)).toEqual(['README', 'a', 'kept']);
    // A run that begins now tests it, and lands it.
    expect((await startPlan(repo, { items: all, gates: gates.gates, policy }).end()).code).toBe(0);
    expect(gates.runs('lost')).toEqual([1]);
    expect(filesOf(repo)).toEqual(['README', 'a', 'kept', 'lost', 'on-lost']);
  });
});

/** How somebody may merge `a` by hand into `main`, which is checked out. */
const BY_HAND: Record<string, (repo: TestRepository) => unknown> = {
  'a merge': (repo) => repo.git('merge', '-q', '--no-ff', '-m', 'by hand', 'a'),
  'a squash': (repo) => {
    repo.git('merge', '-q', '--squash', 'a');
    repo.git('commit', '-q', '-m', 'by hand (squashed)');
  },
  'a rebase': (repo) => repo.git('cherry-pick', '--allow-empty', 'a'),
  'a fast-forward': (repo) => repo.git('merge', '-q', '--ff-only', 'a'),
};

// rust-lang/bors #284: a change that is in a rollup which has just been merged must not be merged again.
// marge-bot #33: somebody else merged it, and its branch was gone.
describe('a change that somebody else has merged meanwhile', () => {
  const cases = Object.keys(BY_HAND).flatMap((how) => [
    [how, 'kept'],
    [how, 'deleted'],
  ]);
  it.each(cases)(
    'by %s, its branch %s, is merged with nothing to do, and holds up nobody',
    async (how, then) => {
      const repo = create();
      branchesFor(repo, ITEMS);
      const gates = new CountedGates(repo);
      gates.hold('b', 'd');
      const run = startPlan(repo, { items: ITEMS, gates: gates.gates, policy });
      await gates.started(['b', 'd']);
      BY_HAND[how]!(repo);
      const theirs = repo.git('rev-parse', 'main');
      if (then === 'deleted') repo.git('branch', '-q', '-D', 'a');
      gates.letGo('b', 'd');
      const merged = await run.end();
      expect(merged.outcome).toEqual({ a: 'merged', b: 'merged', c: 'merged', d: 'merged' });
      expect(merged.code).toBe(0);
      expect(itemOf(merged, 'a').reason).toMatch(/^nothing to do/);
      expect(landedOn(repo)).toEqual(['b', 'c', 'd']);
      expect(repo.git('rev-list', '--first-parent', 'main').split('\n')).toContain(theirs);
      expect(filesOf(repo)).toEqual(['README', 'a', 'b', 'c', 'd']);
      expect(gates.runs('a', 'b', 'c', 'd')).toEqual([1, 1, 1, 1]);
      expect(repo.git('status', '--porcelain')).toBe('');
    },
  );
});
