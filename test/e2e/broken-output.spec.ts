import { spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, CLI, startCli, writePlan } from '../support/cli';
import { testRepositories } from '../support/repository';

const create = testRepositories();

describe('a run whose output nobody reads any more', () => {
  it.each([[[]], [['--json']]])('goes on to its end, lands, and writes its report (%j)', async (args) => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const plan = writePlan(repo, { items: [{ name: 'change' }] });
    const folder = artifactFolder(repo);
    const { child, ended } = startCli(['merge', plan, '--execute', '--artifact-dir', folder, ...args], {
      cwd: repo.path,
    });
    child.stdout!.destroy();
    child.stderr!.destroy();
    expect((await ended).code).toBe(0);
    expect(repo.show('main', 'change')).toBe('1');
    expect(existsSync(join(folder, 'report.json'))).toBe(true);
  });

  it('says so with exit code 3 where its results cannot be written, on a full disk', () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const plan = writePlan(repo, { items: [{ name: 'change' }] });
    const { status, stderr } = spawnSync(process.execPath, [CLI, 'merge', plan, '--execute'], {
      cwd: repo.path,
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      encoding: 'utf8',
    });
    expect(stderr).toContain('cannot write to standard output');
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(3);
    expect(repo.show('main', 'change')).toBe('1');
  });
});
