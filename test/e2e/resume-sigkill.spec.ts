import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, problemsOf, readMerged, runCli, startCli, writePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { HeldGates, isRunning, lethalGit } from './held-gates';
import { statusOf } from './interrupted';

const create = testRepositories();

/** `a` and `b` change one file: git is asked to merge them, in the weave and nowhere else. */
function makeRepository(): TestRepository {
  const repo = create();
  const text = (first: number, last: number) => [first, 2, 3, 4, 5, 6, 7, 8, last, ''].join('\n');
  writeFileSync(join(repo.path, 'README'), text(1, 9));
  repo.git('commit', '--quiet', '--all', '--amend', '--no-edit');
  repo.branch('a', { a: '1\n', README: text(0, 9) });
  repo.branch('b', { b: '1\n', README: text(1, 10) });
  repo.branch('c', { c: '1\n' }, 'b');
  return repo;
}

const ITEMS = [{ name: 'a' }, { name: 'b' }, { name: 'c', deps: ['b'] }];
const FILES = ['README', 'a', 'b', 'c'];
/** Not the rehearsal, which has the option --dry-run in between. */
const WRITE_TREE = 'read-tree -m -u [0-9a-f]';
const GATES = ['a', 'b', 'c', 'integration'];

function planOf(gates: HeldGates, maxWorkers = 2) {
  return { items: ITEMS, gates: [gates.gate], policy: { maxWorkers } };
}

const merge = (repo: TestRepository, plan: string, env: Record<string, string> = {}) =>
  startCli(['merge', plan, '--execute', '--artifact-dir', artifactFolder(repo)], { cwd: repo.path, env });

async function resume(repo: TestRepository, gates: HeldGates, env?: Record<string, string>) {
  const result = await runCli(['resume'], { cwd: repo.path, ...(env && { env }) });
  return readMerged(planOf(gates), artifactFolder(repo), result);
}

const filesOf = (repo: TestRepository) => repo.git('ls-tree', '--name-only', 'main').split('\n');

/** All landed, once: each item is one merge commit on the first-parent line. */
function expectLanded(repo: TestRepository, { code, outcome }: Awaited<ReturnType<typeof resume>>): void {
  expect(outcome).toEqual({ a: 'merged', b: 'merged', c: 'merged' });
  expect(code).toBe(0);
  expect(filesOf(repo)).toEqual(FILES);
  expect(repo.git('log', '--first-parent', '--format=%s', '--reverse', 'main').split('\n')).toEqual([
    'base',
    "Merge branch 'a'",
    "Merge branch 'b'",
    "Merge branch 'c'",
  ]);
  expect(repo.git('status', '--porcelain')).toBe('');
}

describe('a process killed by SIGKILL', () => {
  it('while gates run: they are ended and run again, those that had finished are not', async () => {
    const repo = makeRepository();
    const gates = new HeldGates(repo);
    gates.hold('a', 'c');
    const { child, ended } = merge(repo, writePlan(repo, planOf(gates)));
    await gates.started(['a', 'c']);
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    expect(await statusOf(repo)).toMatchObject({
      status: 'interrupted',
      phase: 'weave',
      items: { total: 3 },
      running: [],
    });
    const orphans = [gates.pids('a')[0]!, gates.pids('c')[0]!];
    expect(orphans.map(isRunning)).toEqual([true, true]);

    gates.letGo('a', 'c');
    gates.hold('a');
    const resumed = resume(repo, gates);
    await gates.started(['a'], 2);
    expect(orphans.map(isRunning)).toEqual([false, false]);
    gates.letGo('a');
    expectLanded(repo, await resumed);
    expect(GATES.map((item) => gates.pids(item).length)).toEqual([2, 1, 2, 1]);
    expect(await statusOf(repo)).toMatchObject({ status: 'ended', phase: 'done', running: [] });

    const again = await runCli(['resume', '--json'], { cwd: repo.path });
    expect(problemsOf(again)).toMatchObject([{ code: 'nothing-to-resume' }]);
    const { runId } = await statusOf(repo);
    const named = await runCli(['resume', runId, '--json'], { cwd: repo.path });
    expect(problemsOf(named)).toMatchObject([{ code: 'run-ended' }]);
  });

  it('during verification: the woven commit is verified again, the gates of items are not run again', async () => {
    const repo = makeRepository();
    const gates = new HeldGates(repo);
    gates.hold('integration');
    const { child, ended } = merge(repo, writePlan(repo, planOf(gates)));
    await gates.started(['integration']);
    child.kill('SIGKILL');
    await ended;
    expect(await statusOf(repo)).toMatchObject({ status: 'interrupted', running: [] });
    expect(filesOf(repo)).toEqual(['README']);
    gates.letGo('integration');
    expectLanded(repo, await resume(repo, gates));
    expect(GATES.map((item) => gates.pids(item).length)).toEqual([1, 1, 1, 2]);
  });

  it.each([
    ['while it weaves', 'merge-tree', 'asked', ['README']],
    ['before the refs move', 'lex-pr: land run', 'before', ['README']],
    ['after the refs moved, before the work tree follows', 'lex-pr: land run', 'after', FILES],
    ['before the work tree is written', WRITE_TREE, 'before', FILES],
    ['after the work tree is written', WRITE_TREE, 'after', FILES],
    ['while it reports', 'refs/heads/integration/', 'before', FILES],
  ] as const)('%s: lands everything once, without running a gate again', async (_, call, when, files) => {
    const repo = makeRepository();
    const gates = new HeldGates(repo);
    const env = { PATH: lethalGit(repo, call, when) };
    // One lane, so that no gate is running while it weaves.
    expect((await merge(repo, writePlan(repo, planOf(gates, 1)), env).ended).signal).toBe('SIGKILL');
    expect(filesOf(repo)).toEqual(files);
    expectLanded(repo, await resume(repo, gates, env));
    expect(GATES.map((item) => gates.pids(item).length)).toEqual([1, 1, 1, 1]);
  });
});
