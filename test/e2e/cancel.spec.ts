import { rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { artifactFolder, problemsOf, readMerged, runCli, startCli } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { answerOf, cancel, expectCancelled, lastAct, startMerge } from './cancelling';
import { HeldGates, isRunning, lethalGit } from './held-gates';
import { statusOf } from './interrupted';

const create = testRepositories();

/** `b` depends on `a`, which has passed, and `c` on `b`; the gates of `held` run. */
async function startHeld(held = ['b'], options: { stubborn?: boolean; args?: readonly string[] } = {}) {
  const repo = create();
  repo.branch('a', { a: '1\n' });
  repo.branch('b', { b: '1\n' }, 'a');
  repo.branch('c', { c: '1\n' }, 'b');
  const gates = new HeldGates(repo, options);
  gates.hold(...held);
  const items = [{ name: 'a' }, { name: 'b', deps: ['a'] }, { name: 'c', deps: ['b'] }];
  const plan = { items, gates: [gates.gate], policy: { maxWorkers: 1 } };
  const base = repo.git('rev-parse', 'main');
  const run = startMerge(repo, plan, options.args === undefined ? {} : { args: options.args });
  await gates.started(held);
  const { runId } = await statusOf(repo);
  return { ...run, plan, base, gates, runId };
}

const BY = `cancelled: by ${userInfo().username}`;

/** Kills a run by SIGKILL while its gates run. */
async function interrupted(...args: Parameters<typeof startHeld>) {
  const run = await startHeld(...args);
  run.child.kill('SIGKILL');
  await run.ended;
  return run;
}

describe('lex-pr cancel', () => {
  it('ends the run that is going on: gates are ended at once, nothing lands, the report says who and why', async () => {
    const { repo, base, gates, runId, end } = await startHeld();
    const cancelled = await cancel(repo, ['--reason', 'the wrong\n branch']);
    expect(answerOf(cancelled)).toEqual({ code: 0, runId, status: 'cancelled' });
    const { code, stderr } = await end();
    expect(code).toBe(1);
    expect(stderr).toContain('the wrong branch');
    expect(gates.pids('b').filter(isRunning)).toEqual([]);
    const report = await expectCancelled(repo, base);
    const reason = `${BY}: the wrong branch`;
    expect(report.items).toMatchObject([
      { name: 'a', status: 'cancelled', reason, gates: [{ status: 'pass' }] },
      { name: 'b', status: 'cancelled', reason, gates: [{ status: 'skipped' }] },
      { name: 'c', status: 'cancelled', reason, gates: [{ status: 'skipped' }] },
    ]);
    expect(lastAct(repo)).toBe('cancel');

    expect((await runCli(['report'], { cwd: repo.path })).stdout).toContain('Cancelled');
    const metrics = JSON.parse((await runCli(['metrics', '--json'], { cwd: repo.path })).stdout);
    expect(metrics.merge_failure_total.values).toEqual([{ labels: { reason: 'cancelled' }, value: 3 }]);
    expect((await runCli(['status'], { cwd: repo.path })).stdout).toMatch(/^run \S+: cancelled\n/);
  });

  it('says in words that nothing lands, and what status then shows while gates are still being ended', async () => {
    const { repo, base, gates, runId, end } = await startHeld(['b'], { stubborn: true });
    const { stdout, code } = await runCli(['cancel'], { cwd: repo.path });
    expect(stdout).toBe(`run ${runId} is cancelled: nothing of it lands on main\n`);
    expect(code).toBe(0);
    expect(await statusOf(repo)).toMatchObject({ status: 'cancelling', alive: true });
    expect((await end()).code).toBe(1);
    expect(gates.pids('b').filter(isRunning)).toEqual([]);
    await expectCancelled(repo, base);
  });

  it('while it verifies', async () => {
    const { repo, base, end } = await startHeld(['integration']);
    expect(answerOf(await cancel(repo))).toMatchObject({ code: 0, status: 'cancelled' });
    expect((await end()).code).toBe(1);
    const report = await expectCancelled(repo, base);
    expect(report.items.map(({ status, mergeCommit }) => [status, mergeCommit])).toEqual([
      ['cancelled', null],
      ['cancelled', null],
      ['cancelled', null],
    ]);
  });

  it.each([
    ['a dry run', ['merge']],
    ['gates only', ['run']],
  ])('of %s touches no ref', async (_, args) => {
    const { repo, base, runId, end } = await startHeld(['b'], { args });
    expect(answerOf(await cancel(repo, [runId]))).toEqual({ code: 0, runId, status: 'cancelled' });
    const { code, outcome } = await end();
    expect(code).toBe(1);
    expect(outcome).toMatchObject({ b: 'cancelled', c: 'cancelled' });
    await expectCancelled(repo, base);
    expect(repo.git('for-each-ref', 'refs/lex-pr')).toBe('');
  });

  it('three at once are all acknowledged, and the first one is in the report', async () => {
    const { repo, base, runId, end } = await startHeld();
    const answers = await Promise.all(['x', 'y', 'z'].map((why) => cancel(repo, [runId, '--reason', why])));
    for (const answer of answers) expect(answerOf(answer)).toEqual({ code: 0, runId, status: 'cancelled' });
    expect((await end()).code).toBe(1);
    const { items } = await expectCancelled(repo, base);
    expect(new Set(items.map(({ reason }) => reason)).size).toBe(1);
    expect(items[0]!.reason).toMatch(/: [xyz]$/);
  });

  it('is found out at the next commit by a run that missed the call', async () => {
    const { repo, base, gates, end } = await startHeld();
    rmSync(join(repo.path, '.lex-pr/running'));
    expect(answerOf(await cancel(repo))).toMatchObject({ code: 0, status: 'cancelled' });
    expect(await statusOf(repo)).toMatchObject({ status: 'cancelling' });
    gates.letGo('b');
    expect((await end()).code).toBe(1);
    expect(gates.pids('c')).toEqual([]);
    await expectCancelled(repo, base);
  });
});

describe('a cancelled run whose process dies', () => {
  it('before: the cancel ends its gates and writes the report', async () => {
    const { repo, base, gates, runId } = await interrupted();
    expect(answerOf(await cancel(repo))).toEqual({ code: 0, runId, status: 'cancelled' });
    expect(gates.pids('b').filter(isRunning)).toEqual([]);
    await expectCancelled(repo, base);
    expect(gates.pids('b')).toHaveLength(1);
    const resume = await runCli(['resume', '--json'], { cwd: repo.path });
    expect(problemsOf(resume)).toMatchObject([{ code: 'nothing-to-resume' }]);
  });

  it.each(['resume', 'cancel'])(
    'afterwards, with its gates still there: %s ends them and reports',
    async (command) => {
      const { repo, base, gates, child, ended, runId } = await startHeld(['b'], { stubborn: true });
      expect(answerOf(await cancel(repo))).toMatchObject({ status: 'cancelled' });
      child.kill('SIGKILL');
      await ended;
      expect(await statusOf(repo)).toMatchObject({ status: 'cancelling', alive: false });
      expect((await runCli(['status'], { cwd: repo.path })).stdout).toContain(
        `go on     lex-pr resume ${runId}`,
      );
      const { code } = await runCli([command, runId], { cwd: repo.path });
      expect(code).toBe(command === 'resume' ? 1 : 0);
      expect(gates.pids('b').filter(isRunning)).toEqual([]);
      await expectCancelled(repo, base);
    },
  );

  it('by Ctrl-C twice: at once, and the next cancel finishes it', async () => {
    const { repo, base, gates, child, ended } = await startHeld(['b'], { stubborn: true });
    await cancel(repo);
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect([130, 143]).toContain((await ended).code);
    expect(answerOf(await cancel(repo))).toMatchObject({ code: 0, status: 'cancelled' });
    expect(gates.pids('b').filter(isRunning)).toEqual([]);
    await expectCancelled(repo, base);
  });
});

describe('a cancel that dies itself', () => {
  const CALL = 'lex-pr: cancel run';

  it.each(['before', 'after'] as const)(
    '%s the fence has moved: the run ends cancelled all the same',
    async (when) => {
      const { repo, base, end } = await startHeld();
      const died = await cancel(repo, [], { PATH: lethalGit(repo, CALL, when) });
      expect(died).toMatchObject({ signal: 'SIGKILL', stdout: '' });
      expect((await end()).code).toBe(1);
      await expectCancelled(repo, base);
    },
  );

  it.each(['resume', 'cancel'])('with nobody to carry the run: %s finishes it', async (command) => {
    const { repo, base, runId } = await interrupted();
    expect(await cancel(repo, [], { PATH: lethalGit(repo, CALL, 'before') })).toMatchObject({
      signal: 'SIGKILL',
    });
    expect(await statusOf(repo)).toMatchObject({ status: 'cancelling', alive: false });
    await runCli([command, runId], { cwd: repo.path });
    await expectCancelled(repo, base);
  });
});

describe('a cancel is refused', () => {
  const codes = async (repo: TestRepository, ...args: string[]) =>
    problemsOf(await cancel(repo, args)).map(({ code }) => code);

  it('where there is no such run, or it has ended otherwise', async () => {
    const { repo, plan, gates, ended, runId } = await startHeld();
    for (const command of ['cancel', 'resume'])
      expect(problemsOf(await runCli([command, 'nonsense', '--json'], { cwd: repo.path }))).toMatchObject([
        { code: 'unknown-run', hint: `runs: ${runId}` },
      ]);
    expect(await codes(repo, '--reason', ' ')).toEqual(['usage']);
    gates.letGo('b');
    expect(readMerged(plan, artifactFolder(repo), await ended).outcome).toMatchObject({ c: 'merged' });
    expect(await codes(repo)).toEqual(['nothing-to-cancel']);
    expect(await codes(repo, runId)).toEqual(['run-ended']);
    expect(await statusOf(repo)).toMatchObject({ status: 'ended' });
  });

  it('where all items are decided, and says what still runs and why', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    const gates = new HeldGates(repo);
    gates.hold('a');
    const red = { name: 'red', run: 'exit 1', cache: 'off' };
    const plan = { items: [{ name: 'a' }], gates: [gates.gate, red], policy: { maxWorkers: 2 } };
    const run = startMerge(repo, plan, { args: ['merge'] });
    let said = '';
    await new Promise<void>((resolve) => {
      run.child.stderr!.on('data', (chunk) => {
        said += chunk;
        if (said.includes('all items are decided; one gate is left, for the report\n')) resolve();
      });
    });
    await gates.started(['a']);
    expect((await runCli(['status'], { cwd: repo.path })).stdout).toMatch(
      /^run \S+: all items are decided, gates go on for the report, dry run\n/,
    );
    expect(await runCli(['cancel'], { cwd: repo.path })).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /^too late: all items of run \S+ are decided\none gate still runs for the report \(a: test\): Ctrl-C/,
      ),
    });
    gates.letGo('a');
    const { report } = await run.end();
    expect(report.items[0]!.gates.map(({ status }: { status: string }) => status)).toEqual(['pass', 'fail']);
  });

  it('but who asks again, because the answer was lost, gets it again', async () => {
    const { repo, runId, end } = await startHeld();
    await cancel(repo);
    await end();
    expect(answerOf(await cancel(repo, [runId]))).toEqual({ code: 0, runId, status: 'cancelled' });
  });
});

it('by default it is the run that goes on which is cancelled, not a newer one that was interrupted', async () => {
  const { repo, runId, gates } = await interrupted();
  gates.hold('a');
  const newer = startMerge(repo, { items: [{ name: 'a' }], gates: [gates.gate] });
  await gates.started(['a'], 2);
  newer.child.kill('SIGKILL');
  await newer.ended;
  const { runId: newest } = await statusOf(repo);
  const resumed = startCli(['resume', runId], { cwd: repo.path });
  await gates.started(['b'], 2);
  expect(JSON.parse((await runCli(['status', runId, '--json'], { cwd: repo.path })).stdout).status).toBe(
    'running',
  );
  expect(await statusOf(repo)).toMatchObject({ runId: newest, status: 'interrupted' });
  expect(answerOf(await cancel(repo))).toEqual({ code: 0, runId, status: 'cancelled' });
  expect((await resumed.ended).code).toBe(1);
  expect(answerOf(await cancel(repo))).toEqual({ code: 0, runId: newest, status: 'cancelled' });
});
