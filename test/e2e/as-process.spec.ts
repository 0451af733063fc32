import { spawnSync } from 'node:child_process';
import {
  artifactFolder,
  CLI,
  type CliResult,
  mergePlan,
  readMerged,
  runCli,
  startCli,
  writePlan,
} from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';

const create = testRepositories();
const PLAN = { items: [{ name: 'a' }, { name: 'b', gates: [{ name: 'test', run: 'echo no; false' }] }] };

function makeRepository(): TestRepository {
  const repo = create();
  repo.branch('a', { a: '1\n' });
  repo.branch('b', { b: '1\n' });
  return repo;
}

/** What is so old by now is older for who asks later. */
const ageless = ({ code, stdout, stderr }: CliResult) => ({
  code,
  text: (stdout + stderr).replaceAll(/(\d+(\.\d+)?(ms|s|m|h) ?)+/g, 'time '),
});

describe('a command started as a process', () => {
  it('merges, and ends by itself, with the outcome that it has in the process of the tests', async () => {
    const [own, other] = [makeRepository(), makeRepository()];
    const args = (repo: TestRepository) => ['--execute', '--artifact-dir', artifactFolder(repo)];
    const ended = await startCli(['merge', writePlan(other, PLAN), ...args(other)], { cwd: other.path })
      .ended;
    const started = readMerged(PLAN, artifactFolder(other), ended);
    const { code, outcome } = await mergePlan(own, PLAN);
    expect({ code: started.code, outcome: started.outcome }).toEqual({ code, outcome });
    expect({ code, outcome }).toEqual({ code: 1, outcome: { a: 'merged', b: 'failed: gate-failed' } });
  });

  it('says what it says in the process of the tests, of any run, and ends by itself', async () => {
    const repo = makeRepository();
    await mergePlan(repo, PLAN);
    const commands = [
      ...['status', 'report', 'metrics', 'logs', 'why', 'queue'].map((name) => [name]),
      ['why', 'b'],
      ['merge-order', writePlan(repo, PLAN)],
      ['plan'],
      ['cache', 'list'],
      ['resume', '--json'],
      ['cancel', '--json'],
      ['override', 'b'],
      ['unpause'],
    ];
    for (const args of commands) {
      const here = await runCli(args, { cwd: repo.path });
      const there = await startCli(args, { cwd: repo.path }).ended;
      expect({ args, ...ageless(there) }).toEqual({ args, ...ageless(here) });
    }
  });
});

/** A command in a mount namespace of its own; not every system lets its users have one. */
const withoutProc = (cwd: string, ...command: string[]) =>
  spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh', ...command], {
    cwd,
    encoding: 'utf8',
  });

(withoutProc('/', 'true').status === 0 ? it : it.skip)(
  'runs nothing where it could not put on record what runs, and says why',
  () => {
    const repo = makeRepository();
    const plan = writePlan(repo, { items: [{ name: 'a' }], gates: [{ name: 'test', run: 'touch ../ran' }] });
    const merge = [process.execPath, CLI, 'merge', plan, '--execute'];
    const { status, stderr, stdout } = withoutProc(repo.path, ...merge);
    expect(stdout + stderr).toContain('cannot see processes: mount /proc');
    expect(status).not.toBe(0);
    expect(repo.git('log', '--format=%s', 'main')).toBe('base');
  },
);
