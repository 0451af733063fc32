import parseExposition from 'parse-prometheus-text-format';
import { problemsOf } from '../../support/cli';
import { testRepositories } from '../../support/repository';
import { testClouds } from '../../support/test-cloud';
import { onCloud, submit } from './on-cloud';

const create = testRepositories();
const openCloud = testClouds();
const open = async () => ({ repo: create(), cloud: await openCloud() });

describe('report and metrics --engine aws', () => {
  it('print what the run has left in the stack, by default the newest one that has ended', async () => {
    const { repo, cloud } = await open();
    const first = await submit(cloud, { items: [{ name: 'first' }] });
    await cloud.settled();
    const second = await submit(cloud, { items: [{ name: 'second' }] });
    await cloud.settled();
    cloud.hold('a');
    await submit(cloud);
    const print = async (...args: string[]) => {
      const { code, stdout, stderr } = await onCloud(repo, cloud, args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout;
    };
    const stored = (run: string, name: string) =>
      cloud.blobs.files.get(`runs/${run}/files/${name}`)!.toString();
    expect(await print('report')).toBe(stored(second, 'report.md'));
    expect(await print('report', first)).toBe(stored(first, 'report.md'));
    const report = JSON.parse(stored(second, 'report.json'));
    expect(JSON.parse(await print('report', '--json'))).toEqual(report);
    expect(JSON.parse(await print('metrics', second, '--json'))).toEqual(report.metrics);
    const text = await print('metrics');
    expect(text).toBe(stored(second, 'metrics.prom'));
    expect(parseExposition(text).map(({ name }) => name)).toContain('lex_pr_run_seconds');
  });

  it('are refused for a run that there is not, has not ended, or came to nothing', async () => {
    const { repo, cloud } = await open();
    const refused = async (...args: string[]) => {
      const found = [];
      for (const command of ['report', 'metrics'])
        found.push(...problemsOf(await onCloud(repo, cloud, [command, '--json', ...args])));
      expect(found).toHaveLength(2);
      expect(found[0]).toEqual(found[1]);
      return found[0];
    };
    expect(await refused()).toMatchObject({ code: 'no-runs' });
    expect(await refused('20260131-235959-1a2b-0123abcd')).toMatchObject({ code: 'unknown-run' });
    cloud.hold('a');
    const going = await submit(cloud);
    expect(await refused(going)).toMatchObject({
      code: 'no-report',
      hint: expect.stringContaining('status'),
    });
    const waiting = await submit(cloud);
    await onCloud(repo, cloud, ['cancel', waiting, '--reason', 'not today']);
    expect(await refused(waiting)).toMatchObject({
      code: 'no-report',
      message: expect.stringContaining('not today'),
    });
  });
});
