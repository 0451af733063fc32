import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isLocked, lockHome } from '../../lib/engine/lock';
import { artifactFolder, problemsOf, readMerged, runCli, startCli, writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';
import { HeldGates } from './held-gates';
import { statusOf } from './interrupted';

const create = testRepositories();

async function startHeld() {
  const repo = create();
  repo.branch('a', { a: '1\n' });
  repo.branch('b', { b: '1\n' }, 'a');
  const gates = new HeldGates(repo);
  gates.hold('a');
  const items = [{ name: 'a' }, { name: 'b', deps: ['a'] }];
  const plan = { items, gates: [gates.gate], policy: { maxWorkers: 2 } };
  const path = writePlan(repo, plan);
  const command = ['merge', path, '--execute', '--artifact-dir', artifactFolder(repo)];
  const run = startCli(command, { cwd: repo.path });
  await gates.started(['a']);
  return { repo, plan, path, gates, ...run };
}

describe('one run at a time in a folder', () => {
  it('a second merge and a resume are refused while one is going on, which they do not disturb', async () => {
    const { repo, plan, path, gates, ended } = await startHeld();
    const merge = await runCli(['merge', path, '--execute', '--json', '--no-wait'], { cwd: repo.path });
    expect(problemsOf(merge)).toMatchObject([{ code: 'run-in-progress' }]);
    const resume = await runCli(['resume', '--json'], { cwd: repo.path });
    expect(problemsOf(resume)).toMatchObject([{ code: 'run-in-progress' }]);
    gates.letGo('a');
    const { outcome } = readMerged(plan, artifactFolder(repo), await ended);
    expect(outcome).toEqual({ a: 'merged', b: 'merged' });
    expect(gates.pids('a')).toHaveLength(1);
  });

  it('status works meanwhile: what runs, how many items wait', async () => {
    const { repo, gates, ended } = await startHeld();
    expect(await statusOf(repo)).toMatchObject({
      status: 'running',
      phase: 'weave',
      dryRun: false,
      target: 'main',
      endedAt: null,
      items: { total: 2, open: 1, waiting: 1, passed: 0, woven: 0, failed: 0, blocked: 0 },
      running: ['a: test'],
      gates: [{ item: 'a', gate: 'test', since: expect.stringMatching(/^20.*Z$/) }],
    });
    const { stdout } = await runCli(['status'], { cwd: repo.path });
    expect(stdout).toMatch(/^run \d{8}-\d{6}-[0-9a-f]{4}: running gates\n/);
    expect(stdout).toMatch(
      /^ {2}items {5}2: 1 waiting, 1 open\n {2}running {3}a: test, for \S+, since 20\S+Z$/m,
    );
    gates.letGo('a');
    await ended;
    const after = await statusOf(repo);
    expect(after).toMatchObject({ status: 'ended', items: { woven: 2 }, running: [] });
    expect(Date.parse(after.endedAt)).toBeGreaterThan(Date.parse(after.startedAt));
    expect((await runCli(['status'], { cwd: repo.path })).stdout).toMatch(/: ended\n/);
  });

  it('the lock of a process that was killed is free at once', async () => {
    const { repo, gates, child, ended } = await startHeld();
    expect(isLocked(join(repo.path, '.lex-pr'))).toBe(true);
    child.kill('SIGKILL');
    await ended;
    expect(isLocked(join(repo.path, '.lex-pr'))).toBe(false);
    const stdout = (await runCli(['status'], { cwd: repo.path })).stdout;
    expect(stdout).toMatch(/: interrupted while running gates\n/);
    // What it ran is ended by whoever goes on with it.
    expect(stdout).not.toContain('  running ');
    expect(stdout).toMatch(/ {2}go on {5}lex-pr resume \d{8}-\d{6}-[0-9a-f]{4}\n$/);
    gates.letGo('a');
    expect((await runCli(['resume'], { cwd: repo.path })).code).toBe(0);
  });

  it('who only looks is not taken for a holder, and sees one', () => {
    const home = create().path;
    const looking = new DatabaseSync(join(home, 'lock.db'));
    looking.exec('BEGIN');
    looking.prepare('SELECT count(*) FROM sqlite_schema').get();
    expect(isLocked(home)).toBe(false);
    looking.close();
    const unlock = lockHome(home);
    expect(isLocked(home)).toBe(true);
    expect(() => lockHome(home)).toThrow(expect.objectContaining({ name: 'InputError' }));
    unlock();
    expect(isLocked(home)).toBe(false);
  });
});
