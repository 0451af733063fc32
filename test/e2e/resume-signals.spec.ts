import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { artifactFolder, CLI, readMerged, runCli, startCli, writePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { gone, HeldGates, isRunning } from './held-gates';

const create = testRepositories();
const repositories: TestRepository[] = [];

/** A run of two items whose gates have started. */
async function startHeld(options: { readonly stubborn?: boolean } = {}, flags: readonly string[] = []) {
  const repo = create();
  repositories.push(repo);
  repo.branch('a', { a: '1\n' });
  repo.branch('b', { b: '1\n' });
  const gates = new HeldGates(repo, options);
  gates.hold('a', 'b');
  const plan = { items: [{ name: 'a' }, { name: 'b' }], gates: [gates.gate], policy: { maxWorkers: 2 } };
  const args = ['merge', writePlan(repo, plan), '--execute', '--artifact-dir', artifactFolder(repo)];
  const { child, ended } = startCli([...args, ...flags], { cwd: repo.path });
  await gates.started(['a', 'b'], options.stubborn === true ? 2 : 1);
  const processes = [...gates.pids('a'), ...gates.pids('b')];
  return { repo, plan, gates, child, ended, processes };
}

/** Resolves with what the process has written to standard error, once that holds `text`. */
function says(child: ChildProcess, text: string): Promise<string> {
  return new Promise((resolve) => {
    let all = '';
    child.stderr!.on('data', (chunk) => {
      all += chunk;
      if (all.includes(text)) resolve(all);
    });
  });
}

async function statusOf(repo: TestRepository) {
  return JSON.parse((await runCli(['status', '--json'], { cwd: repo.path })).stdout);
}

describe('a signal to the process', () => {
  it('is heard also where all is known already, and nothing is waited for', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    const items = Array.from({ length: 5000 }, (_, at) => ({
      name: `i${at}`,
      branch: 'a',
      deps: at === 0 ? [] : [`i${at - 1}`],
    }));
    const { child, ended } = startCli(['merge', writePlan(repo, { items })], { cwd: repo.path });
    await says(child, 'gate test of i1 ');
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends the gates, says how to go on, and exits with %i', async (signal, code) => {
    const { repo, plan, gates, child, ended, processes } = await startHeld();
    child.kill(signal);
    const stopped = await ended;
    expect(stopped.code).toBe(code);
    expect(stopped.stdout).toBe('');
    expect(processes.filter(isRunning)).toEqual([]);

    const { runId, ...status } = await statusOf(repo);
    expect(stopped.stderr).toContain(`lex-pr resume ${runId}\n`);
    expect(status).toMatchObject({ status: 'interrupted', items: { open: 2 }, running: [] });

    gates.letGo('a', 'b');
    const result = await runCli(['resume', runId], { cwd: repo.path });
    const { outcome } = readMerged(plan, artifactFolder(repo), result);
    expect(outcome).toEqual({ a: 'merged', b: 'merged' });
    expect(result.code).toBe(0);
  });

  it.each([
    ['SIGINT', 130, 1],
    ['SIGTERM', 143, 1],
    ['SIGINT', 130, 2],
  ] as const)(
    '%s with --json prints one document that names the run, and exits with %i (sent %i times)',
    async (signal, code, times) => {
      const { repo, child, ended } = await startHeld({ stubborn: times === 2 }, ['--json']);
      const stopping = says(child, 'stopping');
      child.kill(signal);
      await stopping;
      if (times === 2) child.kill(signal);
      const stopped = await ended;
      expect(stopped.code).toBe(code);
      expect(JSON.parse(stopped.stdout)).toEqual({
        runId: (await statusOf(repo)).runId,
        status: 'interrupted',
      });
    },
  );

  it('in the middle of a landing, sent to all of its terminal, lets the files of the target arrive', async () => {
    const repo = create();
    repo.commit({ '.gitattributes': '*.slow filter=slow\n' });
    repo.branch('a', { '1.slow': '1\n', '2.slow': '2\n' });
    const interrupt = `mkdir '${repo.root}/once' && kill -INT -$(cat '${repo.root}/group')`;
    repo.git('config', 'filter.slow.smudge', `${interrupt}; sleep 0.2; cat`);
    const args = ['merge', writePlan(repo, { items: [{ name: 'a' }] }), '--execute'];
    const child = spawn(
      '/bin/sh',
      ['-c', 'echo $$ > ../group; exec "$@"', 'sh', process.execPath, CLI, ...args],
      {
        cwd: repo.path,
        detached: true,
        stdio: 'ignore',
      },
    );
    const [code] = await once(child, 'exit');
    expect(code).toBe(130);
    expect(repo.git('status', '--porcelain')).toBe('');
    expect(repo.show('main', '2.slow')).toBe('2');
  });

  it('ends also gates that ignore SIGTERM, with their children', async () => {
    const { child, ended, processes } = await startHeld({ stubborn: true });
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(processes).toHaveLength(4);
    expect(processes.filter(isRunning)).toEqual([]);
  });

  it('a second one ends process and gates without waiting for them', async () => {
    const { repo, plan, gates, child, ended, processes } = await startHeld({ stubborn: true });
    const stopping = says(child, 'stopping');
    child.kill('SIGINT');
    await stopping;
    child.kill('SIGINT');
    const stopped = await ended;
    expect(stopped.code).toBe(130);
    // It did not come to the end of an orderly stop.
    expect(stopped.stderr).not.toContain('lex-pr resume');
    await gone(processes);

    gates.letGo('a', 'b');
    const result = await runCli(['resume'], { cwd: repo.path });
    expect(readMerged(plan, artifactFolder(repo), result).outcome).toEqual({ a: 'merged', b: 'merged' });
  });
});
