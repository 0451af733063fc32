import { artifactFolder, mergePlan, readMerged, runCli } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { type Started, startMerge } from './cancelling';
import { statusOf } from './interrupted';

const create = testRepositories();

/** A plan whose target is frozen from an hour ago on, for so long from now. */
function frozen(repo: TestRepository, ms: number) {
  repo.branch('a', { a: '1\n' });
  const now = Date.now();
  const window = {
    from: new Date(now - 3_600_000).toISOString(),
    to: new Date(now + ms).toISOString(),
    reason: 'release day',
  };
  return { until: now + ms, plan: { items: [{ name: 'a' }], policy: { freeze: [window] } } };
}

const HOUR = 3_600_000;

/** Resolves once the run has said that it waits; to be called as soon as it has been started. */
function held({ child }: Started): Promise<void> {
  let said = '';
  return new Promise((resolve) => {
    child.stderr!.on('data', (chunk) => {
      said += chunk;
      if (said.includes('frozen: nothing lands')) resolve();
    });
  });
}

describe('a target that is frozen', () => {
  it('gets nothing until the window ends, and then by itself what was tested meanwhile', async () => {
    const repo = create();
    const { plan, until } = frozen(repo, 4_000);
    const before = repo.git('rev-parse', 'main');
    const run = startMerge(repo, plan);
    await held(run);
    const status = await statusOf(repo);
    expect(status).toMatchObject({ status: 'held', phase: 'land', items: { woven: 1 } });
    expect(Date.parse(status.frozenUntil)).toBe(until);
    expect(repo.git('rev-parse', 'main')).toBe(before);
    const merged = await run.end();
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    expect(merged.outcome).toEqual({ a: 'merged' });
    expect(merged.stderr).toMatch(/frozen: nothing lands until \S+ \(release day\)/);
    expect(merged.report.warnings).toEqual([
      expect.stringMatching(/^the landing waited until .*: release day$/),
    ]);
    expect(repo.show('main', 'a')).toBe('1');
  });

  it('gets nothing of a run that is cancelled while it waits', async () => {
    const repo = create();
    const { plan } = frozen(repo, HOUR);
    const before = repo.git('rev-parse', 'main');
    const run = startMerge(repo, plan);
    await held(run);
    expect((await runCli(['status'], { cwd: repo.path })).stdout).toMatch(
      /^run \S+: held\n[\s\S]*^ {2}frozen {4}nothing lands until \S+: release day$/m,
    );
    expect((await runCli(['cancel'], { cwd: repo.path })).code).toBe(0);
    expect((await run.end()).outcome).toEqual({ a: 'cancelled' });
    expect(repo.git('rev-parse', 'main')).toBe(before);
  });

  it('gets it from the resume of a run that was killed while it waited', async () => {
    const repo = create();
    const { plan, until } = frozen(repo, 6_000);
    const run = startMerge(repo, plan);
    await held(run);
    run.child.kill('SIGKILL');
    await run.ended;
    const resumed = await runCli(['resume', '--artifact-dir', artifactFolder(repo)], { cwd: repo.path });
    expect(readMerged(plan, artifactFolder(repo), resumed).outcome).toEqual({ a: 'merged' });
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    expect(repo.git('log', '--merges', '--format=%s', 'main')).toBe("Merge branch 'a'");
  });

  it('is told of by a dry run, which waits for nothing', async () => {
    const repo = create();
    const { report, code } = await mergePlan(repo, frozen(repo, HOUR).plan, []);
    expect(code).toBe(0);
    expect(report.warnings).toEqual([
      expect.stringMatching(/^frozen: a landing would wait until \S+ \(release day\)$/),
    ]);
  });
});
