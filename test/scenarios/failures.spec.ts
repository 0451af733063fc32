import { itemOf } from '../support/cli';
import { testRepositories } from '../support/repository';
import { branchesFor, CountedGates, filesOf, runPlan, startPlan } from './world';

const create = testRepositories();
const policy = { maxWorkers: 4 };

// Zuul, tests/unit/test_scheduler.py: test_failed_change_at_head, test_failed_change_at_head_with_queue.
describe('a change that fails at the head of the queue', () => {
  it('takes those behind it along that depend on it; the others keep their results and land', async () => {
    const repo = create();
    const items = [{ name: 'a' }, { name: 'above', deps: ['a'] }, { name: 'b' }, { name: 'c' }];
    branchesFor(repo, items, ['a']);
    const gates = new CountedGates(repo);
    gates.hold('a', 'b', 'c');
    const run = startPlan(repo, { items, gates: gates.gates, policy });
    // All are under way when the head fails, which is the last to end.
    await gates.started(['a', 'b', 'c']);
    gates.letGo('b', 'c');
    gates.letGo('a');
    const merged = await run.end();
    expect(merged.outcome).toEqual({ a: 'failed: gate-failed', above: 'blocked', b: 'merged', c: 'merged' });
    expect(merged.code).toBe(1);
    expect(gates.runs('a', 'above', 'b', 'c', 'integration')).toEqual([1, 0, 1, 1, 1]);
    expect(filesOf(repo)).toEqual(['README', 'b', 'c']);
  });
});

// Zuul, tests/unit/test_scheduler.py: test_failed_change_in_middle.
describe('a change that fails in the middle of a chain', () => {
  it.each([1, 4])('lands what is below it and nothing above it, on %i lanes', async (maxWorkers) => {
    const repo = create();
    const chain = [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c', deps: ['b'] }];
    const items = [...chain, { name: 'd', deps: ['c'] }, { name: 'other' }];
    branchesFor(repo, items, ['b']);
    const gates = new CountedGates(repo);
    const merged = await runPlan(repo, { items, gates: gates.gates, policy: { maxWorkers } });
    expect(merged.outcome).toEqual({
      a: 'merged',
      b: 'failed: gate-failed',
      c: 'blocked',
      d: 'blocked',
      other: 'merged',
    });
    expect(itemOf(merged, 'd')).toMatchObject({ blockedBy: 'b', path: ['d', 'c', 'b'] });
    expect(gates.runs('a', 'b', 'c', 'd', 'other', 'integration')).toEqual([1, 1, 0, 0, 1, 1]);
    expect(filesOf(repo)).toEqual(['README', 'a', 'other']);
  });
});

// Zuul, tests/unit/test_scheduler.py: test_two_failed_changes_at_head.
describe('two changes that fail at once', () => {
  it('each take their own dependents along, what depends on both once, and nobody else', async () => {
    const repo = create();
    const items = [
      { name: 'a' },
      { name: 'b' },
      { name: 'c' },
      { name: 'on a', deps: ['a'], branch: 'on-a' },
      { name: 'on both', deps: ['a', 'b'], branch: 'on-both' },
      { name: 'on c', deps: ['c'], branch: 'on-c' },
    ];
    branchesFor(repo, [{ name: 'a' }, { name: 'b' }, { name: 'c' }], ['a', 'b']);
    for (const name of ['on-a', 'on-both']) repo.branch(name, { [name]: '1\n' }, 'a');
    repo.branch('on-c', { 'on-c': '1\n' }, 'c');
    const gates = new CountedGates(repo);
    gates.hold('a', 'b', 'c');
    const run = startPlan(repo, { items, gates: gates.gates, policy });
    await gates.started(['a', 'b', 'c']);
    gates.letGo('a', 'b', 'c');
    const merged = await run.end();
    expect(merged.outcome).toEqual({
      a: 'failed: gate-failed',
      b: 'failed: gate-failed',
      c: 'merged',
      'on a': 'blocked',
      'on both': 'blocked',
      'on c': 'merged',
    });
    expect(itemOf(merged, 'on a').blockedBy).toBe('a');
    expect(['a', 'b']).toContain(itemOf(merged, 'on both').blockedBy);
    expect(gates.runs('a', 'b', 'c', 'on a', 'on both', 'on c')).toEqual([1, 1, 1, 0, 0, 1]);
    expect(filesOf(repo)).toEqual(['README', 'c', 'on-c']);
  });
});
