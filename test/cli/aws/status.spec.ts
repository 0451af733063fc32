import { problemsOf } from '../../support/cli';
import { testRepositories } from '../../support/repository';
import { testClouds } from '../../support/test-cloud';
import { jsonOf, onCloud, REPOSITORY, submit } from './on-cloud';

const create = testRepositories();
const openCloud = testClouds();
const open = async () => ({ repo: create(), cloud: await openCloud() });

describe('status --engine aws', () => {
  it('shows how far a run is as on the local engine, by default the newest one', async () => {
    const { repo, cloud } = await open();
    const first = await submit(cloud, {}, { execute: true });
    await cloud.settled();
    const { reached } = cloud.hold('b');
    const run = await submit(cloud, { items: [{ name: 'a' }, { name: 'b', deps: ['a'] }] });
    await reached;
    const common = { code: 0, target: 'main', repository: REPOSITORY.replace(/\.git$/, '') };
    const status = jsonOf(await onCloud(repo, cloud, ['status', '--json']));
    expect(status).toMatchObject({
      ...common,
      runId: run,
      status: 'running',
      alive: true,
      phase: 'weave',
      dryRun: true,
      endedAt: null,
      items: { total: 2, open: 1 },
      running: ['b: test'],
      gates: [{ item: 'b', gate: 'test', since: null }],
    });
    const { stdout } = await onCloud(repo, cloud, ['status']);
    expect(stdout).toMatch(new RegExp(`^run ${run}: running gates, dry run\\n`));
    expect(stdout).toMatch(/^ {2}running {3}b: test$/m);
    expect(stdout).not.toContain('go on');
    const ended = jsonOf(await onCloud(repo, cloud, ['status', first, '--json']));
    expect(ended).toMatchObject({ ...common, runId: first, status: 'ended', dryRun: false });
  });

  it('shows a run that waits, and for whom', async () => {
    const { repo, cloud } = await open();
    cloud.hold('a');
    const first = await submit(cloud);
    const second = await submit(cloud);
    const third = await submit(cloud);
    expect(jsonOf(await onCloud(repo, cloud, ['status', '--json']))).toMatchObject({
      runId: third,
      status: 'queued',
      before: [first, second],
      refusal: null,
    });
    const { stdout } = await onCloud(repo, cloud, ['status', second]);
    expect(stdout).toMatch(new RegExp(`^run ${second}: queued\\n {2}target {4}main of https`));
    expect(stdout).toMatch(new RegExp(`^ {2}after {5}${first}$`, 'm'));
  });

  it('queue: shows who is in, who waits and what nobody carries, hot-fixes first', async () => {
    const { repo, cloud } = await open();
    cloud.hold('a');
    const first = await submit(cloud);
    const second = await submit(cloud);
    expect(jsonOf(await onCloud(repo, cloud, ['queue', '--json']))).toMatchObject({
      runs: [
        { runId: first, status: 'running', place: 0, target: 'main', hotfix: false },
        { runId: second, status: 'waiting', place: 1 },
      ],
    });
    expect((await onCloud(repo, cloud, ['queue'])).stdout).toMatch(
      new RegExp(`^ {2}0 {2}${first} {2}running {2}into main of https.*\\n {2}1 {2}${second} {2}waiting `),
    );
    cloud.script.alive = false;
    const { stdout } = await onCloud(repo, cloud, ['queue']);
    expect(stdout).toContain(`; go on with lex-pr resume ${first} --engine aws --stack Test`);
  });

  it('shows a run that is being prepared, and why one could not be', async () => {
    const { repo, cloud } = await open();
    const { index, queue } = cloud.stores;
    cloud.script.start = async (run) => {
      await queue.enter((await index.get(run))!.target, run, 'token');
    };
    const run = await submit(cloud);
    expect((await onCloud(repo, cloud, ['status'])).stdout).toMatch(`run ${run}: being prepared\n`);
    await index.refuse(run, JSON.stringify([{ code: 'no-branch', message: 'there is no a' }]), Date.now());
    const { stdout } = await onCloud(repo, cloud, ['status']);
    expect(stdout).toMatch(new RegExp(`^run ${run}: refused\\n[\\s\\S]*^ {2}because {3}there is no a$`, 'm'));
    expect(jsonOf(await onCloud(repo, cloud, ['status', '--json']))).toMatchObject({
      status: 'refused',
      refusal: [{ code: 'no-branch' }],
    });
  });

  it('shows a run that nobody carries, and how it goes on', async () => {
    const { repo, cloud } = await open();
    const { reached } = cloud.hold('a');
    const run = await submit(cloud);
    await reached;
    cloud.script.alive = false;
    const { stdout } = await onCloud(repo, cloud, ['status']);
    expect(stdout).toContain(`run ${run}: interrupted`);
    expect(stdout).toContain(`  go on     lex-pr resume ${run} --engine aws --stack Test\n`);
  });

  it('is refused for a run that there is not', async () => {
    const { repo, cloud } = await open();
    const codes = async (...args: string[]) =>
      problemsOf(await onCloud(repo, cloud, ['status', '--json', ...args])).map(({ code }) => code);
    expect(await codes()).toEqual(['no-runs']);
    expect(await codes('20260131-235959-1a2b-0123abcd')).toEqual(['unknown-run']);
    expect(await codes('../x')).toEqual(['bad-request']);
  });
});
