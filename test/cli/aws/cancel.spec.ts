import { userInfo } from 'node:os';
import { problemsOf } from '../../support/cli';
import { testRepositories } from '../../support/repository';
import { testClouds } from '../../support/test-cloud';
import { jsonOf, onCloud, RUN_ID, startOnCloud, submit, writePlan } from './on-cloud';

const create = testRepositories();
const openCloud = testClouds();
const open = async () => ({ repo: create(), cloud: await openCloud() });

describe('cancel --engine aws', () => {
  it('ends the only run that goes on; who follows it gets the report, which says who and why', async () => {
    const { repo, cloud } = await open();
    const { reached, letGo } = cloud.hold('a');
    const merge = startOnCloud(repo, cloud, ['merge', writePlan(repo), '--json']);
    const run = await merge.said(RUN_ID);
    await reached;
    const answer = await onCloud(repo, cloud, ['cancel', '--json', '--reason', 'the wrong\n branch']);
    expect(jsonOf(answer)).toEqual({ code: 0, runId: run, status: 'cancelled' });
    expect(jsonOf(await onCloud(repo, cloud, ['status', '--json']))).toMatchObject({ status: 'cancelling' });
    letGo();
    const report = jsonOf(await merge.ended);
    const reason = `cancelled: by ${userInfo().username}: the wrong branch`;
    expect(report).toMatchObject({
      code: 1,
      status: 'cancelled',
      items: [
        { status: 'cancelled', reason },
        { status: 'cancelled', reason },
      ],
    });
  });

  it('again, because the answer was lost, is answered again, also after the end', async () => {
    const { repo, cloud } = await open();
    const { reached, letGo } = cloud.hold('a');
    const run = await submit(cloud);
    await reached;
    const cancelled = { code: 0, runId: run, status: 'cancelled' };
    for (let time = 0; time < 2; time += 1)
      expect(jsonOf(await onCloud(repo, cloud, ['cancel', run, '--json']))).toEqual(cancelled);
    letGo();
    await cloud.settled();
    expect(jsonOf(await onCloud(repo, cloud, ['cancel', run, '--json']))).toEqual(cancelled);
  });

  it('of a run that waits for its target is answered again, too', async () => {
    const { repo, cloud } = await open();
    cloud.hold('a');
    await submit(cloud);
    const run = await submit(cloud);
    for (let time = 0; time < 2; time += 1)
      expect(jsonOf(await onCloud(repo, cloud, ['cancel', run, '--json']))).toEqual({
        code: 0,
        runId: run,
        status: 'cancelled',
      });
  });

  it('that comes after the landing is too late', async () => {
    const { repo, cloud } = await open();
    const { reached } = cloud.hold('a');
    const run = await submit(cloud);
    await reached;
    cloud.script.stop = async () => 'too-late';
    const { code, stdout } = await onCloud(repo, cloud, ['cancel', run]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      new RegExp(`^too late: run ${run} has landed.* lex-pr status ${run} --engine aws`),
    );
  });

  it.each([
    ['was refused', 'cancelled', 0],
    ['has arrived', 'too-late', 1],
  ] as const)('during a landing that %s: waits for its end', async (_, status, code) => {
    const { repo, cloud } = await open();
    const { reached } = cloud.hold('a');
    const run = await submit(cloud);
    await reached;
    let asked = 0;
    cloud.script.stop = async () => {
      asked += 1;
      return asked === 1 ? 'landing' : status;
    };
    const answer = await onCloud(repo, cloud, ['cancel', run, '--json']);
    expect(jsonOf(answer)).toEqual({ code, runId: run, status });
    expect(JSON.parse(answer.stderr)).toMatchObject({ level: 'warn', event: 'cancel' });
    expect(asked).toBe(2);
  });

  it('during a landing with which the run ends: too late', async () => {
    const { repo, cloud } = await open();
    const { reached, letGo } = cloud.hold('a');
    const run = await submit(cloud);
    await reached;
    cloud.script.stop = async () => {
      letGo();
      await cloud.settled();
      return 'landing';
    };
    const answer = await onCloud(repo, cloud, ['cancel', run, '--json']);
    expect(jsonOf(answer)).toEqual({ code: 1, runId: run, status: 'too-late' });
  });

  it('is refused where it is not clear which run is meant, where there is none, and where it has ended', async () => {
    const { repo, cloud } = await open();
    const refused = async (...args: string[]) =>
      problemsOf(await onCloud(repo, cloud, ['cancel', '--json', ...args]));
    expect(await refused()).toMatchObject([{ code: 'no-runs' }]);
    expect(await refused('20260131-235959-1a2b-0123abcd')).toMatchObject([{ code: 'unknown-run' }]);
    const ended = await submit(cloud);
    await cloud.settled();
    expect(await refused(ended)).toMatchObject([{ code: 'run-ended' }]);
    cloud.hold('a');
    const open2 = [await submit(cloud), await submit(cloud, { target: 'next' })];
    const found = await refused();
    expect(found.map(({ code }) => code)).toEqual(['which-run', 'which-run']);
    for (const run of open2) expect(JSON.stringify(found)).toContain(run);
    expect(JSON.stringify(found)).toContain('into next of https://host');
  });
});
