import { join } from 'node:path';
import { problemsOf } from '../../support/cli';
import { testRepositories } from '../../support/repository';
import { testClouds } from '../../support/test-cloud';
import { jsonOf, onCloud, RUN_ID, startOnCloud, submit, writePlan } from './on-cloud';

const create = testRepositories();
const openCloud = testClouds();
const open = async () => ({ repo: create(), cloud: await openCloud() });

it('--json prints one document when the display is ended: the run goes on', async () => {
  const { repo, cloud } = await open();
  const { reached, letGo } = cloud.hold('b');
  const merge = startOnCloud(repo, cloud, ['merge', writePlan(repo), '--execute', '--json']);
  const run = await merge.said(RUN_ID);
  await reached;
  merge.child.kill('SIGINT');
  const { code, stdout } = await merge.ended;
  expect({ code, document: JSON.parse(stdout) }).toEqual({
    code: 130,
    document: { runId: run, status: 'running' },
  });
  letGo();
});

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s while a run on AWS is followed', (signal, exitCode) => {
  it('ends the display at once and nothing else; resume follows the run to its end', async () => {
    const { repo, cloud } = await open();
    const { reached, letGo } = cloud.hold('b');
    const merge = startOnCloud(repo, cloud, ['merge', writePlan(repo), '--execute']);
    const run = await merge.said(RUN_ID);
    await reached;
    await merge.said(/gate test of b taken up/);
    merge.child.kill(signal);
    const { code, stdout, stderr } = await merge.ended;
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toContain(`run ${run} goes on in AWS\n`);
    const [line] = /lex-pr resume .*/.exec(stderr)!;
    expect(stderr).toContain(`lex-pr cancel ${run} --engine aws --stack Test`);
    expect(await cloud.ask({ action: 'status', run })).toMatchObject({ value: { endedAt: null } });

    // As it is printed, but for the name of the program.
    const resumed = startOnCloud(repo, cloud, line.split(' ').slice(1));
    await resumed.said(new RegExp(`following run ${run}`));
    await resumed.said(/gate test of b taken up/);
    letGo();
    expect(await resumed.ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Merged all 2 items into main/),
    });
  });
});

describe('resume --engine aws', () => {
  it('follows the only run that goes on, and gives the report and exit code of one that has ended', async () => {
    const { repo, cloud } = await open();
    const { reached, letGo } = cloud.hold('a');
    const run = await submit(cloud);
    await reached;
    const resumed = startOnCloud(repo, cloud, ['resume', '--json']);
    await resumed.said(/gate test of a taken up/);
    cloud.script.gate = async () => 'fail';
    letGo();
    const report = jsonOf(await resumed.ended);
    expect(report).toMatchObject({ code: 0, runId: run, status: 'merged' });
    const failing = await submit(cloud);
    await cloud.settled();
    const again = await onCloud(repo, cloud, ['resume', failing, '--artifact-dir', join(repo.root, 'out')]);
    expect(again).toMatchObject({ code: 1, stdout: expect.stringContaining(join(repo.root, 'out')) });
    expect(again.stderr).toContain(`run ${failing} has ended; this is what it came to`);
    expect(again.stderr).toContain('gate test of a failed');
  });

  it('starts a run again whose execution has ended before it was done', async () => {
    const { repo, cloud } = await open();
    cloud.script.start = async () => {};
    cloud.script.alive = false;
    const run = await submit(cloud);
    delete cloud.script.start;
    const resumed = await onCloud(repo, cloud, ['resume', run, '--json']);
    expect(jsonOf(resumed)).toMatchObject({ code: 0, runId: run, status: 'merged' });
    expect(resumed.stderr).toContain('is started again');
    expect(await cloud.stores.index.get(run)).toMatchObject({ generation: 2 });
  });

  it('says that a run was cancelled before it began', async () => {
    const { repo, cloud } = await open();
    cloud.hold('a');
    await submit(cloud);
    const run = await submit(cloud);
    await onCloud(repo, cloud, ['cancel', run]);
    const { code, stderr } = await onCloud(repo, cloud, ['resume', run]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('cancelled before it began'),
    });
    const answer = await onCloud(repo, cloud, ['resume', run, '--json']);
    expect(jsonOf(answer)).toMatchObject({ code: 1, errors: [{ code: 'cancelled' }] });
  });

  it('is refused for other workers than it was submitted with, and for a run that there is not', async () => {
    const { repo, cloud } = await open();
    const refused = async (...args: string[]) =>
      problemsOf(await onCloud(repo, cloud, ['resume', '--json', ...args])).map(({ code }) => code);
    expect(await refused('--max-workers', '2')).toEqual(['usage']);
    expect(await refused()).toEqual(['no-runs']);
    expect(await refused('20260131-235959-1a2b-0123abcd')).toEqual(['unknown-run']);
  });
});
