import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, mergePlan } from '../support/cli';
import { testRepositories } from '../support/repository';
import { snapshot } from '../support/snapshot';

const create = testRepositories();

describe('a dry run', () => {
  it('runs gates and finds conflicts, but changes no file of the repository: no ref, no index, no work tree', async () => {
    const repo = create();
    repo.branch('ahead', { shared: 'ahead\n' });
    repo.branch('behind', { shared: 'behind\n' });
    repo.branch('bad', { bad: '1\n' });
    repo.branch('above', { above: '1\n' }, 'bad');
    appendFileSync(join(repo.path, 'README'), 'not committed\n');
    writeFileSync(join(repo.path, 'untracked'), '1\n');
    const before = snapshot(repo.path);
    const { code, report, outcome, stdout } = await mergePlan(
      repo,
      {
        gates: [{ name: 'test', run: '! test -e bad' }],
        items: [{ name: 'ahead' }, { name: 'behind' }, { name: 'bad' }, { name: 'above', deps: ['bad'] }],
      },
      [],
    );
    expect(snapshot(repo.path)).toEqual(before);
    expect(outcome).toEqual({
      ahead: 'merged',
      behind: 'failed: conflict',
      bad: 'failed: gate-failed',
      above: 'blocked',
    });
    expect(code).toBe(1);
    expect(report.dryRun).toBe(true);
    expect(report.target.after).toBe(report.target.before);
    expect(stdout).toMatch(/dry run/i);
  });

  it('exits with 0 when all would merge, and the run that lands makes the same tree', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    const items = [{ name: 'change' }];
    const dry = await mergePlan(repo, { items }, []);
    expect(dry.code).toBe(0);
    const markdown = readFileSync(join(artifactFolder(repo), 'report.md'), 'utf8');
    const before = repo.git('for-each-ref');
    expect(before).not.toContain('lex-pr');
    expect(dry.stderr).toMatch(/^item change would merge \[1\/1\]$/m);
    const logged = (await mergePlan(repo, { items }, ['--json'])).stderr.split('\n').slice(0, -1);
    expect(logged.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ event: 'item-end', item: 'change', status: 'merged', dryRun: true }),
    );
    const [, command] = /To look at it: `(git [^`]+)`/.exec(markdown)!;
    expect(execFileSync('sh', ['-c', command!], { cwd: repo.path, encoding: 'utf8' })).toContain(
      dry.report.integration!.commit,
    );
    const real = await mergePlan(repo, { items });
    expect(real.stderr).toMatch(/^item change merged \[1\/1\]$/m);
    expect(real.report.dryRun).toBe(false);
    expect(real.report.integration?.tree).toBe(dry.report.integration?.tree);
    expect(repo.git('rev-parse', 'main^{tree}')).toBe(dry.report.integration?.tree);
  });
});

describe('a run that lands', () => {
  it('moves the target and its fence, and no other ref', async () => {
    const repo = create();
    repo.branch('change', { change: '1\n' });
    repo.git('tag', 'v1');
    const refs = () => repo.git('for-each-ref', '--format=%(refname) %(objectname)').split('\n');
    const before = refs();
    const { report } = await mergePlan(repo, { items: [{ name: 'change' }] });
    const names = (lines: readonly string[]) => lines.map((line) => line.split(' ')[0]);
    expect(names(refs().filter((line) => !before.includes(line)))).toEqual([
      'refs/heads/main',
      'refs/lex-pr/fence/main',
    ]);
    expect(repo.git('rev-parse', 'main')).toBe(report.target.after);
    expect(repo.git('log', '-1', '--format=%B', 'refs/lex-pr/fence/main')).toContain(report.runId);
  });
});
