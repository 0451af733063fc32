import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Blobs, blobKeys } from '../../../lib/engine/aws/blobs';
import { testRepositories } from '../../support/repository';
import { type TestCloud, testClouds } from '../../support/test-cloud';
import { jsonOf, onCloud, writePlan } from './on-cloud';

const create = testRepositories();
const openCloud = testClouds();

/** A cloud whose runs leave files of these names as well. */
async function open(...names: string[]) {
  const [repo, cloud] = [create(), await openCloud()];
  leave(cloud, async (run, blobs) => {
    for (const name of names) await blobs.put(blobKeys.file(run, name), `of ${name}`);
  });
  const out = join(repo.root, 'out');
  const merge = (...args: string[]) =>
    onCloud(repo, cloud, ['merge', writePlan(repo), '--artifact-dir', out, ...args]);
  return { repo, cloud, out, merge, read: (name: string) => readFileSync(join(out, name), 'utf8') };
}

function leave(cloud: TestCloud, files: (run: string, blobs: Blobs) => Promise<void>): void {
  cloud.script.beforeReport = files;
}

const allBelow = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();

describe('the files of a run on AWS', () => {
  it('come all, whatever they are called as long as that is a name', async () => {
    const names = [
      'artifacts/a/ spaces ',
      'artifacts/a/ümläut\n"%2F',
      'artifacts/a/-rf',
      'artifacts/a/b/c/d',
    ];
    const { merge, read } = await open(...names);
    expect((await merge()).code).toBe(0);
    for (const name of names) expect(read(name)).toBe(`of ${name}`);
  });

  it('are more than a page has, and come all', async () => {
    const names = Array.from({ length: 1_050 }, (_, k) => `artifacts/a/${k}`);
    const { merge, out, cloud } = await open(...names);
    expect(jsonOf(await merge('--json'))).toMatchObject({ code: 0, status: 'merged' });
    expect(readdirSync(join(out, 'artifacts/a'))).toHaveLength(1_050);
    expect(cloud.calls.filter(({ action }) => action === 'report')).toHaveLength(3);
  });

  it.each([
    '../x',
    'artifacts/../../x',
    '/x',
    'artifacts//x',
    'artifacts/./x',
    'artifacts/.',
    'artifacts/',
    'x\0y',
  ])('with the name %j are left out, and that is said', async (name) => {
    const { repo, out, merge } = await open(name);
    const { code, stderr } = await merge();
    expect(code).toBe(0);
    expect(stderr).toContain(
      `left out: ${JSON.stringify(name)}`.replaceAll('\\u0000', '\\\\u0000').slice(0, 12),
    );
    expect(allBelow(repo.root).filter((path) => /(^|\/)x/.test(path))).toEqual([]);
    expect(readdirSync(out).sort()).toEqual(['logs', 'metrics.prom', 'report.json', 'report.md']);
  });

  it('are not written through links that stand in the artifact folder', async () => {
    const { repo, out, merge, read } = await open('artifacts/a/x', 'other/x');
    const outside = join(repo.root, 'outside');
    mkdirSync(join(outside, 'a'), { recursive: true });
    writeFileSync(join(outside, 'report'), 'mine');
    mkdirSync(out);
    symlinkSync(outside, join(out, 'artifacts'));
    symlinkSync(join(outside, 'report'), join(out, 'report.md'));
    const { code, stderr } = await merge();
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('left out: "artifacts/a/x"'),
    });
    expect(allBelow(outside)).toEqual(['a', 'report']);
    expect(readFileSync(join(outside, 'report'), 'utf8')).toBe('mine');
    expect(read('report.md')).toContain('Dry run');
    expect(read('other/x')).toBe('of other/x');
  });

  it('that stand in the way of one another come as far as there is a place', async () => {
    const { merge, out } = await open('artifacts/a', 'artifacts/a/b', `artifacts/${'n'.repeat(300)}`);
    const { code, stderr } = await merge();
    expect(code).toBe(0);
    expect(stderr.match(/left out: /g)).toHaveLength(2);
    expect(existsSync(join(out, 'artifacts/a'))).toBe(true);
    expect(allBelow(out).filter((path) => path.endsWith('.tmp'))).toEqual([]);
  });

  it('come without the rights of programs', async () => {
    const { merge, out } = await open('artifacts/a/run.sh');
    expect((await merge()).code).toBe(0);
    expect(statSync(join(out, 'artifacts/a/run.sh')).mode & 0o111).toBe(0);
  });
});
