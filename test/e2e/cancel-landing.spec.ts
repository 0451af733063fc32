import { join } from 'node:path';
import { makeBare, plantHook } from '../merge/landing-world';
import { type PlanDocument, runCli, startCli } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { answerOf, cancel, expectCancelled, lastAct, startMerge } from './cancelling';
import { lethalGit, pauseOf, pauseScript, pausingGit } from './held-gates';
import { statusOf } from './interrupted';

const create = testRepositories();
const PLAN: PlanDocument = { items: [{ name: 'a' }, { name: 'b' }] };
const LAND = 'lex-pr: land run';

function makeRepository() {
  const repo = create();
  repo.branch('a', { a: '1\n' });
  repo.branch('b', { b: '1\n' });
  return { repo, base: repo.git('rev-parse', 'main') };
}

/** The landing waits just before its refs move, or just after. */
async function startLanding(when: 'before' | 'after') {
  const { repo, base } = makeRepository();
  const { path, reached, goOn, over } = pausingGit(repo, LAND, when);
  const run = startMerge(repo, PLAN, { env: { PATH: path } });
  await reached();
  const { runId, phase } = await statusOf(repo);
  expect(phase).toBe('land');
  return { ...run, base, goOn, over, runId };
}

/** Both have landed, and the report says so. */
async function expectMerged(repo: TestRepository): Promise<void> {
  expect(repo.git('ls-tree', '--name-only', 'main').split('\n')).toEqual(['README', 'a', 'b']);
  expect(repo.git('status', '--porcelain')).toBe('');
  const { stdout } = await runCli(['report', '--json'], { cwd: repo.path });
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'merged',
    items: [{ status: 'merged' }, { status: 'merged' }],
  });
  expect(await statusOf(repo)).toMatchObject({ status: 'ended' });
}

describe('a cancel during a local landing', () => {
  it('before the refs move is acknowledged, and they do not move', async () => {
    const { repo, base, runId, goOn, end } = await startLanding('before');
    expect(answerOf(await cancel(repo))).toEqual({ code: 0, runId, status: 'cancelled' });
    goOn();
    expect((await end()).code).toBe(1);
    await expectCancelled(repo, base);
    expect(lastAct(repo)).toBe('cancel');
  });

  it('after the refs have moved is too late, and the run has merged', async () => {
    const { repo, runId, goOn, end } = await startLanding('after');
    expect(answerOf(await cancel(repo))).toEqual({ code: 1, runId, status: 'too-late' });
    goOn();
    expect((await end()).code).toBe(0);
    await expectMerged(repo);
    // The fence shows that somebody tried.
    expect(lastAct(repo)).toBe('cancel');
  });

  it('whose process was killed while its git goes on: what git still does comes to nothing', async () => {
    const { repo, base, runId, goOn, over, child, ended } = await startLanding('before');
    child.kill('SIGKILL');
    await ended;
    expect(answerOf(await cancel(repo))).toEqual({ code: 0, runId, status: 'cancelled' });
    goOn();
    await over();
    await expectCancelled(repo, base);
  });

  it('whose process was killed, by a cancel that died as well: once the report is there, git does nothing more', async () => {
    const { repo, base, goOn, over, child, ended } = await startLanding('before');
    child.kill('SIGKILL');
    await ended;
    const died = await cancel(repo, [], { PATH: lethalGit(repo, 'lex-pr: cancel run', 'before') });
    expect(died.signal).toBe('SIGKILL');
    expect(lastAct(repo)).toBeUndefined();
    expect((await runCli(['resume'], { cwd: repo.path })).code).toBe(1);
    goOn();
    await over();
    await expectCancelled(repo, base);
  });

  it('whose process was killed after the refs had moved: too late, and the files of the target arrive', async () => {
    const { repo, runId, goOn, over, child, ended } = await startLanding('after');
    child.kill('SIGKILL');
    await ended;
    expect(repo.git('status', '--porcelain')).not.toBe('');
    expect(answerOf(await cancel(repo))).toEqual({ code: 1, runId, status: 'too-late' });
    goOn();
    await over();
    await expectMerged(repo);
  });

  it('says in words that it is too late', async () => {
    const { repo, runId, goOn, end } = await startLanding('after');
    const { stdout, code } = await runCli(['cancel'], { cwd: repo.path });
    expect(stdout).toMatch(new RegExp(`^too late: run ${runId} has landed on main`));
    expect(code).toBe(1);
    goOn();
    await end();
  });
});

/** A remote whose hooks wait while a push of main arrives, before its refs move or after. */
async function startPush(hook: 'pre-receive' | 'post-receive', more = '', when = 'true') {
  const { repo, base } = makeRepository();
  const remote = makeBare(repo);
  const isLanding = `cat > '${repo.root}/pushed'; grep -q refs/heads/main '${repo.root}/pushed'`;
  const script = `if ${isLanding} && ${when}; then ${pauseScript(repo.root)}; ${more} fi`;
  plantHook(join(remote.path, 'hooks'), hook, script);
  const run = startMerge(repo, { ...PLAN, repository: remote.url });
  const remoteMain = () => repo.git('ls-remote', remote.url, 'refs/heads/main').split('\t')[0];
  return { ...run, ...pauseOf(repo.root), base, remote, remoteMain };
}

async function expectNotPushed(started: Awaited<ReturnType<typeof startPush>>): Promise<void> {
  expect(started.remoteMain()).toBe(started.base);
  await expectCancelled(started.repo, started.base);
  expect(lastAct(started.repo, started.remote.path)).toBe('cancel');
}

describe('a cancel during a push', () => {
  it('that has not moved the refs yet is acknowledged, and they do not move', async () => {
    const started = await startPush('pre-receive');
    await started.reached();
    expect(answerOf(await cancel(started.repo))).toMatchObject({ code: 0, status: 'cancelled' });
    started.goOn();
    expect((await started.end()).code).toBe(1);
    await expectNotPushed(started);
  });

  it('that outlives its process is acknowledged, and it moves nothing', async () => {
    const started = await startPush('pre-receive');
    await started.reached();
    started.child.kill('SIGKILL');
    await started.ended;
    expect(answerOf(await cancel(started.repo))).toMatchObject({ code: 0, status: 'cancelled' });
    started.goOn();
    await started.over();
    await expectNotPushed(started);
  });

  it('that has moved the refs is too late', async () => {
    const started = await startPush('post-receive');
    await started.reached();
    expect(answerOf(await cancel(started.repo))).toMatchObject({ code: 1, status: 'too-late' });
    started.goOn();
    const { code, report } = await started.end();
    expect(code).toBe(0);
    expect(report.status).toBe('merged');
    expect(started.remoteMain()).toBe(report.target.after);
  });

  it('is acknowledged while gates still run, without anything having been pushed', async () => {
    const { repo, base } = makeRepository();
    const remote = makeBare(repo);
    const gates = [{ name: 'long', run: pauseScript(repo.root), cache: 'off' }];
    const run = startMerge(repo, { ...PLAN, gates, repository: remote.url });
    await pauseOf(repo.root).reached();
    expect(answerOf(await cancel(repo))).toMatchObject({ code: 0, status: 'cancelled' });
    expect((await run.end()).code).toBe(1);
    expect(lastAct(repo, remote.path)).toBe('cancel');
    expect(repo.git('ls-remote', remote.url, 'refs/heads/main').split('\t')[0]).toBe(base);
  });
});

describe('a cancel where the remote refuses the fence', () => {
  /** The landing, which is sent again without the fence, waits in the remote. */
  async function startUnfenced(more = '') {
    const started = await startPush('pre-receive', more, '! grep -q refs/lex-pr/ ../pushed');
    plantHook(join(started.remote.path, 'hooks'), 'update', 'case $1 in refs/lex-pr/*) exit 1;; esac');
    await started.reached();
    const asking = startCli(['cancel', '--json'], { cwd: started.repo.path });
    let said = '';
    await new Promise<void>((resolve) => {
      asking.child.stderr!.on('data', (chunk) => {
        said += chunk;
        if (said.includes('waiting for the end of the landing')) resolve();
      });
    });
    expect(JSON.parse(said)).toMatchObject({ event: 'cancel', level: 'warn' });
    expect(asking.child.exitCode).toBe(null);
    started.goOn();
    return { ...started, answer: answerOf(await asking.ended) };
  }

  it('is too late when the landing that was on its way arrives', async () => {
    const { answer, end, remoteMain } = await startUnfenced();
    expect(answer).toMatchObject({ code: 1, status: 'too-late' });
    const { code, report } = await end();
    expect(code).toBe(0);
    expect(remoteMain()).toBe(report.target.after);
  });

  it('is acknowledged after the landing has been refused', async () => {
    const { answer, end, remoteMain, repo, base } = await startUnfenced('exit 1;');
    expect(answer).toMatchObject({ code: 0, status: 'cancelled' });
    expect((await end()).code).toBe(1);
    expect(remoteMain()).toBe(base);
    await expectCancelled(repo, base);
  });
});
