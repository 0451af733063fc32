import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CliResult, problemsOf, runCli, startCli, writePlan } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { appears, HeldGates } from './held-gates';

const create = testRepositories();

/** A repository in which a run of `first` goes on, until it is let go. */
async function busy() {
  const repo = create();
  for (const name of ['first', 'second', 'third', 'urgent']) repo.branch(name, { [name]: '1\n' });
  const gates = new HeldGates(repo);
  gates.hold('first');
  const first = start(repo, 'first', { gates: [gates.gate] });
  await gates.started(['first']);
  return { repo, gates, first };
}

/** Starts the merge of one item. */
function start(repo: TestRepository, name: string, more: Record<string, unknown> = {}, args: string[] = []) {
  const { items = [{ name }], ...plan } = more;
  const path = writePlan(repo, { items: items as [{ name: string }], ...plan }, `${name}.json`);
  return startCli(['merge', path, '--execute', '--json', ...args], { cwd: repo.path });
}

const queue = async (repo: TestRepository) =>
  JSON.parse((await runCli(['queue', '--json'], { cwd: repo.path })).stdout).runs as {
    runId: string;
    status: string;
    place: number | null;
    hotfix: boolean;
  }[];

const folder = (repo: TestRepository) => join(repo.path, '.lex-pr', 'waiting');
const waiting = (repo: TestRepository) =>
  existsSync(folder(repo)) ? readdirSync(folder(repo)).filter((file) => file.endsWith('.json')).length : 0;
/** Resolves once so many wait. */
const wait = (repo: TestRepository, count: number) => appears(folder(repo), () => waiting(repo) === count);

const landed = (repo: TestRepository) =>
  repo
    .git('log', '--first-parent', '--reverse', '--format=%(trailers:key=Lex-PR-Item,valueonly)', 'main')
    .split('\n')
    .filter((line) => line !== '');
const reportOf = ({ stdout }: CliResult) => JSON.parse(stdout);

describe('runs in line', () => {
  it('begin one after another, in order, each woven on what the one before landed', async () => {
    const { repo, gates, first } = await busy();
    const second = start(repo, 'second');
    await wait(repo, 1);
    const third = start(repo, 'third');
    await wait(repo, 2);
    expect(await queue(repo)).toMatchObject([
      { status: 'running', place: 0 },
      { status: 'waiting', place: 1 },
      { status: 'waiting', place: 2 },
    ]);
    expect((await runCli(['queue'], { cwd: repo.path })).stdout).toMatch(
      /^ {2}0 .* running .*\n {2}1 .* waiting .*\n {2}2 .* waiting /,
    );
    gates.letGo('first');
    const ends = await Promise.all([first.ended, second.ended, third.ended]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(landed(repo)).toEqual(['first', 'second', 'third']);
    expect(ends[1]!.stderr).toMatch(/"event":"waiting"/);
    expect(reportOf(ends[1]!).target.before).toBe(reportOf(ends[0]!).target.after);
    expect(waiting(repo)).toBe(0);
    expect((await runCli(['queue'], { cwd: repo.path })).stdout).toBe('no run goes on, none waits\n');
  });

  it('with a hot-fix go ahead of those that have not begun', async () => {
    const { repo, gates, first } = await busy();
    const second = start(repo, 'second');
    await wait(repo, 1);
    const urgent = start(repo, 'urgent', { items: [{ name: 'urgent', hotfix: true }] });
    await wait(repo, 2);
    expect((await queue(repo)).map(({ hotfix }) => hotfix)).toEqual([false, true, false]);
    gates.letGo('first');
    await Promise.all([first.ended, second.ended, urgent.ended]);
    expect(landed(repo)).toEqual(['first', 'urgent', 'second']);
  });

  it('do not wait for the dead: one that waited, one that went on', async () => {
    const { repo, first } = await busy();
    const second = start(repo, 'second');
    await wait(repo, 1);
    const third = start(repo, 'third');
    await wait(repo, 2);
    second.child.kill('SIGKILL');
    await second.ended;
    first.child.kill('SIGKILL');
    await first.ended;
    expect((await third.ended).code).toBe(0);
    expect(landed(repo)).toEqual(['third']);
    expect(await queue(repo)).toMatchObject([{ status: 'interrupted', place: null }]);
  });

  it('leave it by Ctrl-C and by cancel, before anything of them has begun', async () => {
    const { repo, gates, first } = await busy();
    const second = start(repo, 'second');
    await wait(repo, 1);
    const third = start(repo, 'third');
    await wait(repo, 2);
    second.child.kill('SIGINT');
    expect(await second.ended).toMatchObject({ code: 130 });
    const [, entry] = await queue(repo);
    const cancelled = await runCli(['cancel', entry!.runId, '--json'], { cwd: repo.path });
    expect(JSON.parse(cancelled.stdout)).toEqual({ runId: entry!.runId, status: 'cancelled' });
    const left = await third.ended;
    expect(left.code).toBe(1);
    expect(JSON.parse(left.stdout)).toEqual({ runId: entry!.runId, status: 'cancelled' });
    gates.letGo('first');
    expect((await first.ended).code).toBe(0);
    expect(landed(repo)).toEqual(['first']);
  });

  it('are not called unknown while they wait, by any command that names one', async () => {
    const { repo, gates, first } = await busy();
    const second = start(repo, 'second');
    await wait(repo, 1);
    const [, entry] = await queue(repo);
    const run = entry!.runId;
    const asked = ['--gate', 'g', '--user', 'u', '--reason', 'r'];
    for (const args of [
      ['status', run],
      ['logs', run],
      ['report', run],
      ['metrics', run],
      ['resume', run],
      ['why', 'second', '--run', run],
      ['override', 'second', '--run', run, ...asked],
    ])
      expect(problemsOf(await runCli([...args, '--json'], { cwd: repo.path }))).toMatchObject([
        { code: 'not-begun', message: `run ${run} waits for its turn: it has not begun` },
      ]);
    const other = await runCli(['status', `${run}x`, '--json'], { cwd: repo.path });
    expect(problemsOf(other)).toMatchObject([{ code: 'unknown-run' }]);
    gates.letGo('first');
    await Promise.all([first.ended, second.ended]);
    expect((await runCli(['status', run], { cwd: repo.path })).code).toBe(0);
  });

  it('to be resumed are stopped for good by cancel', async () => {
    const { repo, gates, first } = await busy();
    first.child.kill('SIGKILL');
    await first.ended;
    const [interrupted] = await queue(repo);
    gates.hold('second');
    const second = start(repo, 'second', { gates: [gates.gate] });
    await gates.started(['second']);
    const resumed = startCli(['resume', interrupted!.runId], { cwd: repo.path });
    await wait(repo, 1);
    const cancelled = await runCli(['cancel', interrupted!.runId, '--json'], { cwd: repo.path });
    expect(JSON.parse(cancelled.stdout)).toEqual({ runId: interrupted!.runId, status: 'cancelled' });
    expect((await resumed.ended).code).toBe(1);
    gates.letGo('first', 'second');
    await second.ended;
    expect((await runCli(['resume', interrupted!.runId], { cwd: repo.path })).code).toBe(1);
    expect(landed(repo)).toEqual(['second']);
  });

  it('are refused with --no-wait, and a resume of the run that goes on', async () => {
    const { repo, gates, first } = await busy();
    const refused = await start(repo, 'second', {}, ['--no-wait']).ended;
    expect(refused.code).toBe(2);
    expect(problemsOf(refused)).toMatchObject([{ code: 'run-in-progress' }]);
    const resumed = await runCli(['resume', '--json'], { cwd: repo.path });
    expect(problemsOf(resumed)).toMatchObject([{ code: 'run-in-progress' }]);
    gates.letGo('first');
    await first.ended;
  });
});
