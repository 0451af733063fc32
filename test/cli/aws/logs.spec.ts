import { blobKeys } from '../../../lib/engine/aws/blobs';
import { problemsOf } from '../../support/cli';
import { testRepositories } from '../../support/repository';
import { type TestCloud, testClouds } from '../../support/test-cloud';
import { onCloud, startOnCloud, submit } from './on-cloud';

const create = testRepositories();
const openCloud = testClouds();
const open = async () => ({ repo: create(), cloud: await openCloud() });

const linesOf = (text: string) => text.split('\n').slice(0, -1);
const TWO = { items: [{ name: 'a' }, { name: 'b', deps: ['a'] }], policy: { integration: 'none' } };

/** A run that has ended, in which the gate of b failed. */
async function ended(cloud: TestCloud) {
  cloud.script.gate = async (item) => (item === 'b' ? 'fail' : 'pass');
  const run = await submit(cloud, TWO);
  await cloud.settled();
  return run;
}

describe('logs --engine aws', () => {
  it('prints what the gates of a run have printed, as on the local engine, by default of the newest', async () => {
    const { repo, cloud } = await open();
    const first = await submit(cloud, { items: [{ name: 'first' }], policy: { integration: 'none' } });
    await cloud.settled();
    await ended(cloud);
    const { code, stdout, stderr } = await onCloud(repo, cloud, ['logs']);
    expect({ code, lines: linesOf(stdout) }).toEqual({
      code: 0,
      lines: ['a: test | pass', 'b: test | fail'],
    });
    expect(linesOf(stderr)).toEqual([
      expect.stringMatching(/^gate test of a passed in /),
      expect.stringMatching(/^gate test of b failed in /),
    ]);
    expect((await onCloud(repo, cloud, ['logs', first])).stdout).toBe('first: test | pass\n');
    const bare = await onCloud(repo, cloud, ['logs', '--item', 'b', '--gate', 'test']);
    expect(bare.stdout).toBe('fail\n');
  });

  it('prints one JSON document, or JSON lines with --follow', async () => {
    const { repo, cloud } = await open();
    const run = await ended(cloud);
    const { code, stdout, stderr } = await onCloud(repo, cloud, ['logs', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      runId: run,
      logs: [
        { item: 'a', gate: 'test', attempt: 1, status: 'pass', exitCode: 0, output: 'pass\n' },
        { item: 'b', gate: 'test', attempt: 1, status: 'fail', exitCode: 1, output: 'fail\n' },
      ],
    });
    const lines = await onCloud(repo, cloud, ['logs', '--json', '--follow', '--item', 'b']);
    expect(linesOf(lines.stdout).map((line) => JSON.parse(line))).toMatchObject([
      { event: 'output', runId: run, item: 'b', line: 'fail' },
      { event: 'gate-end', runId: run, item: 'b', status: 'fail' },
    ]);
  });

  it('--follow prints the output of each gate once it has ended, and ends with the run', async () => {
    const { repo, cloud } = await open();
    const { reached, letGo } = cloud.hold('b');
    await submit(cloud, TWO);
    await reached;
    const { said, ended: end } = startOnCloud(repo, cloud, ['logs', '--follow']);
    await said(/gate test of a passed/);
    letGo();
    const { code, stdout } = await end;
    expect({ code, lines: linesOf(stdout) }).toEqual({
      code: 0,
      lines: ['a: test | pass', 'b: test | pass'],
    });
  });

  it('without --follow prints what there is so far', async () => {
    const { repo, cloud } = await open();
    const { reached } = cloud.hold('b');
    const run = await submit(cloud, TWO);
    await reached;
    const going = await onCloud(repo, cloud, ['logs']);
    expect(going).toMatchObject({ code: 0, stdout: 'a: test | pass\n' });
    const waiting = await submit(cloud, TWO);
    expect(await onCloud(repo, cloud, ['logs', waiting])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining(`waits for its target: ${run} before it`),
    });
    const { stdout } = await onCloud(repo, cloud, ['logs', waiting, '--json']);
    expect(JSON.parse(stdout)).toEqual({ runId: waiting, logs: [] });
  });

  it('--follow ends at Ctrl-C, and the run goes on', async () => {
    const { repo, cloud } = await open();
    const { reached, letGo } = cloud.hold('b');
    await submit(cloud, TWO);
    await reached;
    const { child, said, ended: end } = startOnCloud(repo, cloud, ['logs', '--follow']);
    await said(/gate test of a passed/);
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
    letGo();
    await cloud.settled();
    expect((await onCloud(repo, cloud, ['logs'])).stdout).toContain('b: test | pass');
  });

  it('asks for the URLs of many logs by the page, and says which logs have expired', async () => {
    const { repo, cloud } = await open();
    const items = Array.from({ length: 510 }, (_, k) => ({ name: `i${k}` }));
    const run = await submit(cloud, { items, policy: { integration: 'none' } });
    await cloud.settled();
    for (const key of cloud.blobs.files.keys())
      if (/\/logs\/7-test\.log$/.test(key)) cloud.blobs.files.delete(key);
    const { code, stdout, stderr } = await onCloud(repo, cloud, ['logs', run]);
    expect({ code, lines: linesOf(stdout).length }).toEqual({ code: 0, lines: 509 });
    expect(stderr.match(/no longer there/g)).toHaveLength(1);
    expect(cloud.calls.filter(({ action }) => action === 'logs')).toHaveLength(2);
  });

  it('is refused for what there is not', async () => {
    const { repo, cloud } = await open();
    const refused = async (...args: string[]) =>
      problemsOf(await onCloud(repo, cloud, ['logs', '--json', ...args]))[0];
    expect(await refused()).toMatchObject({ code: 'no-runs' });
    expect(await refused('20260131-235959-1a2b-0123abcd')).toMatchObject({ code: 'unknown-run' });
    const run = await ended(cloud);
    expect(await refused('--item', 'c')).toMatchObject({ code: 'unknown-item', hint: 'it has a, b' });
    expect(await refused(run, '--gate', 'tes')).toMatchObject({ hint: 'did you mean "test"?' });
    cloud.hold('a');
    await submit(cloud, TWO);
    const waiting = await submit(cloud, TWO);
    await onCloud(repo, cloud, ['cancel', waiting, '--reason', 'not today']);
    expect(await refused(waiting)).toMatchObject({
      code: 'no-logs',
      message: expect.stringContaining('not today'),
    });
  });

  it('gives URLs of logs of the run, and of nothing else', async () => {
    const { cloud } = await open();
    const run = await ended(cloud);
    const asked = (path: string, of = run) => cloud.ask({ action: 'logs', run: of, paths: [path] });
    const { value } = (await asked('logs/0-test.log')) as { value: { files: { url: string }[] } };
    expect(await (await fetch(value.files[0]!.url)).text()).toBe('pass\n');
    for (const path of [
      'report.json',
      'logs/../report.json',
      'logs',
      'logs/',
      'logs//x',
      '/logs/x',
      'logs/./x',
    ])
      expect(await asked(path)).toMatchObject({ problems: [{ code: 'bad-request' }] });
    expect(await asked('logs/x', 'r9')).toMatchObject({ problems: [{ code: 'unknown-run' }] });
    expect(blobKeys.file(run, 'logs/x')).toMatch(`runs/${run}/files/logs/x`);
  });
});
