import { createServer } from 'node:http';
import { artifactFolder, itemOf, readMerged, runCli, startCli } from '../support/cli';
import { testRepositories } from '../support/repository';
import { answerOf, cancel, expectCancelled, startMerge } from './cancelling';
import { statusOf } from './interrupted';
import { OutsideChecks, send } from './outside-checks';

jest.setTimeout(60_000);
const create = testRepositories();

/** A run whose check was started, and waits for its answer. */
async function waiting(gate: Record<string, unknown> = {}) {
  const repo = create();
  repo.branch('a', { a: '1\n' });
  const checks = new OutsideChecks(repo);
  const plan = { items: [{ name: 'a' }], gates: [checks.gate(gate)], policy: { integration: 'none' } };
  const base = repo.git('rev-parse', 'main');
  const run = startMerge(repo, plan);
  const asked = await checks.asked('a');
  const resume = () => {
    const { child, ended } = startCli(['resume'], { cwd: repo.path });
    return { child, end: async () => readMerged(plan, artifactFolder(repo), await ended) };
  };
  return { ...run, checks, plan, base, asked, resume };
}

type Waiting = Awaited<ReturnType<typeof waiting>>;

/** Resolves once the command has ended and its check is known to be started. */
async function started({ repo }: Waiting): Promise<void> {
  const { DatabaseSync } = await import('node:sqlite');
  const { setTimeout: pause } = await import('node:timers/promises');
  const db = new DatabaseSync(`${repo.path}/.lex-pr/state.db`, { readOnly: true });
  // Nobody outside of the process is told.
  while (db.prepare('SELECT requested FROM callback').get()?.requested !== 1) await pause(20);
  db.close();
}

describe('a check that is waited for when its run', () => {
  it.each(['SIGKILL', 'SIGINT'] as const)(
    'is ended by %s: the run goes on to wait for the same callback, at the same place',
    async (signal) => {
      const run = await waiting();
      await started(run);
      run.child.kill(signal);
      expect(await run.ended).toMatchObject(signal === 'SIGINT' ? { code: 130 } : { signal });
      await expect(send(run.asked, { status: 'pass' })).rejects.toThrow('fetch failed');
      expect(await statusOf(run.repo)).toMatchObject({ status: 'interrupted', running: [] });
      const { end } = run.resume();
      await answered(run);
      const merged = await end();
      expect(merged.outcome).toEqual({ a: 'merged' });
      expect(itemOf(merged, 'a').gates).toMatchObject([{ status: 'pass', attempts: 1 }]);
      expect(run.checks.all('a')).toHaveLength(1);
    },
  );

  it('is killed while its command runs: the check is started again, and the first one counts no more', async () => {
    const repo = create();
    repo.branch('a', { a: '1\n' });
    const checks = new OutsideChecks(repo);
    checks.hold();
    const plan = { items: [{ name: 'a' }], gates: [checks.gate()], policy: { integration: 'none' } };
    const { child, ended } = startMerge(repo, plan);
    const first = await checks.asked('a');
    expect(await send(first, { status: 'fail' })).toMatchObject({ status: 'fail' });
    child.kill('SIGKILL');
    await ended;
    checks.letGo();
    const resumed = startCli(['resume'], { cwd: repo.path });
    const second = await checks.asked('a', 2);
    const [, other] = [first, second].sort((a, b) => (a.expires < b.expires ? -1 : 1));
    expect(other!.id).not.toBe(first.id);
    expect(
      await send({ ...first, url: other!.url.replace(other!.id, first.id) }, { status: 'fail' }),
    ).toMatchObject({
      status: 401,
    });
    await send(other!, { status: 'pass' });
    expect(readMerged(plan, artifactFolder(repo), await resumed.ended).outcome).toEqual({ a: 'merged' });
  });

  it('is dead until its time is over, or its port is somebody else’s: it is started again', async () => {
    const run = await waiting();
    await started(run);
    run.child.kill('SIGKILL');
    await run.ended;
    const other = createServer();
    await new Promise<void>((resolve) =>
      other.listen(Number(new URL(run.asked.url).port), '127.0.0.1', resolve),
    );
    const { end } = run.resume();
    const again = await run.checks.asked('a', 2);
    expect(again.id).not.toBe(run.asked.id);
    await send(again, { status: 'pass' });
    expect((await end()).outcome).toEqual({ a: 'merged' });
    other.close();
  });

  it('is cancelled: it ends at once, and nobody listens any more', async () => {
    const run = await waiting();
    await started(run);
    expect(answerOf(await cancel(run.repo))).toMatchObject({ code: 0, status: 'cancelled' });
    const { code } = await run.end();
    expect(code).toBe(1);
    const report = await expectCancelled(run.repo, run.base);
    expect(report.items).toMatchObject([{ status: 'cancelled', gates: [{ status: 'skipped' }] }]);
    await expect(send(run.asked, { status: 'pass' })).rejects.toThrow('fetch failed');
    expect((await runCli(['status'], { cwd: run.repo.path })).stdout).toContain('cancelled');
  });
});

/** The answer, as CI sends it: again, as long as nobody listens. */
async function answered({ asked }: Waiting): Promise<void> {
  const { setTimeout: pause } = await import('node:timers/promises');
  for (;;) {
    try {
      expect(await send(asked, { status: 'pass' })).toMatchObject({ status: 'pass' });
      return;
    } catch (error) {
      if ((error as Error).message !== 'fetch failed') throw error;
      await pause(50);
    }
  }
}
