import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { interrupt } from './interrupted';

const create = testRepositories();
const ITEMS = [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c' }];

function makeRepository(): TestRepository {
  const repo = create();
  repo.branch('a', { a: '1\n' });
  repo.branch('b', { b: '1\n' }, 'a');
  repo.branch('c', { c: '1\n' });
  return repo;
}

const filesOf = (repo: TestRepository) => repo.git('ls-tree', '--name-only', 'main').split('\n');

describe('while a run was dead', () => {
  it('the target moved: it weaves anew on it, verifies that, and loses nothing', async () => {
    const { repo, gates, resume } = await interrupt(makeRepository(), ITEMS, ['integration']);
    const moved = repo.commit({ other: '1\n' }, 'somebody else');
    const { code, outcome, report } = await resume();
    expect(outcome).toEqual({ a: 'merged', b: 'merged', c: 'merged' });
    expect(code).toBe(0);
    expect(filesOf(repo)).toEqual(['README', 'a', 'b', 'c', 'other']);
    expect(repo.git('merge-base', moved, 'main')).toBe(moved);
    expect(report.target.after).toBe(repo.git('rev-parse', 'main'));
    // Killed, then on the first weave, then on the second, which is what has landed.
    expect(gates.pids('integration')).toHaveLength(3);
    expect(report.integration?.commit).toBe(report.target.after);
  });

  it('a head moved: its item fails, what depends on it is blocked, the rest lands', async () => {
    const { repo, resume } = await interrupt(makeRepository(), ITEMS, ['c']);
    repo.branch('a', { a: '2\n' }, 'a');
    const { code, outcome } = await resume();
    expect(outcome).toEqual({ a: 'failed: head-moved', b: 'blocked', c: 'merged' });
    expect(code).toBe(1);
    expect(filesOf(repo)).toEqual(['README', 'c']);
  });

  it('a branch was deleted: likewise', async () => {
    const { repo, resume } = await interrupt(makeRepository(), ITEMS, ['c']);
    repo.git('branch', '-D', 'a');
    const { code, outcome } = await resume();
    expect(outcome).toEqual({ a: 'failed: head-moved', b: 'blocked', c: 'merged' });
    expect(code).toBe(1);
    expect(filesOf(repo)).toEqual(['README', 'c']);
  });

  it('the target was deleted: nothing lands', async () => {
    const { repo, resume } = await interrupt(makeRepository(), ITEMS, ['integration']);
    repo.git('checkout', '-q', '--detach');
    repo.git('branch', '-D', 'main');
    const { code, outcome } = await resume();
    const gone = 'failed: target-gone';
    expect(outcome).toEqual({ a: gone, b: gone, c: gone });
    expect(code).toBe(1);
    expect(repo.git('for-each-ref', '--format=%(refname)', 'refs/heads/main')).toBe('');
  });

  it('the private repository was deleted: a clear fault, and nothing lands', async () => {
    const { repo, gates } = await interrupt(makeRepository(), ITEMS, ['integration']);
    const folder = join(repo.path, '.lex-pr/repositories');
    expect(readdirSync(folder)).toHaveLength(1);
    rmSync(folder, { recursive: true });
    gates.letGo('integration');
    const { code, stderr } = await runCli(['resume'], { cwd: repo.path });
    expect({ code, stderr: stderr.split('\n').at(-2) }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/^lex-pr: commit [0-9a-f]{40} is not in the repository/),
    });
    expect(filesOf(repo)).toEqual(['README']);
  });
});
