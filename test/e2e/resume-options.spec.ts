import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problemsOf, runCli } from '../support/cli';
import { type TestRepository, testRepositories } from '../support/repository';
import { interrupt, statusOf } from './interrupted';

const create = testRepositories();
const NAMES = ['a', 'b', 'c', 'd', 'e'];

function makeRepository(): TestRepository {
  const repo = create();
  for (const name of NAMES) repo.branch(name, { [name]: '1\n' });
  return repo;
}

const items = NAMES.map((name) => ({ name }));
const landed = (repo: TestRepository) => repo.git('ls-tree', '--name-only', 'main').split('\n').slice(1);

describe('lex-pr resume', () => {
  it('goes on with more lanes, of which the report tells', async () => {
    const { repo, resume } = await interrupt(makeRepository(), items, ['a', 'b']);
    const { code, report } = await resume(['--max-workers', '4']);
    expect(code).toBe(0);
    expect(report.maxWorkers).toBe(4);
    expect(landed(repo)).toEqual(NAMES);
  });

  it('goes on with fewer lanes; the report holds for the whole run', async () => {
    // With three lanes: `e` is held, the others end meanwhile, up to three at once.
    const interrupted = await interrupt(makeRepository(), items, ['e'], ['--execute', '--max-workers', '3']);
    const { code, report } = await interrupted.resume(['--max-workers', '1']);
    expect(code).toBe(0);
    expect(report.maxWorkers).toBe(3);
    expect(landed(interrupted.repo)).toEqual(NAMES);
  });

  it('goes on with as many lanes as the load allows, or no longer', async () => {
    const auto = await interrupt(makeRepository(), items, ['e'], ['--execute', '--max-workers', 'auto']);
    const same = await auto.resume();
    expect([same.code, same.report.workers?.mode]).toEqual([0, 'auto']);
    const fixed = await interrupt(makeRepository(), items, ['e'], ['--execute', '--max-workers', '3']);
    const { code, report } = await fixed.resume(['--max-workers', 'auto']);
    expect([code, report.workers?.mode]).toEqual([0, 'auto']);
    const other = await interrupt(makeRepository(), items, ['e'], ['--execute', '--max-workers', 'auto']);
    expect((await other.resume(['--max-workers', '1'])).report.workers).toBeUndefined();
    expect(landed(other.repo)).toEqual(NAMES);
  });

  it('puts the report with the logs and artifacts of the whole run into another folder', async () => {
    const { repo, resume } = await interrupt(makeRepository(), items, ['e']);
    const folder = join(repo.root, 'elsewhere');
    const { report } = await resume(['--artifact-dir', '../elsewhere'], { folder });
    for (const { gates } of report.items)
      for (const { log } of gates) expect(existsSync(join(folder, log!))).toBe(true);
    expect(readFileSync(join(folder, 'report.md'), 'utf8')).toContain(report.runId);
  });

  it('--json prints the report of the whole run, the one that is written', async () => {
    const { resume } = await interrupt(makeRepository(), items, ['e']);
    const { stdout, report } = await resume(['--json']);
    expect(JSON.parse(stdout)).toEqual(report);
    expect(report.items.map(({ name }) => name)).toEqual(NAMES);
  });

  it('stays a dry run where the run was one', async () => {
    const { repo, resume } = await interrupt(makeRepository(), items, ['e'], []);
    const before = repo.git('for-each-ref');
    const { code, report } = await resume();
    expect(code).toBe(0);
    expect(report.dryRun).toBe(true);
    expect(report.status).toBe('merged');
    expect(repo.git('for-each-ref')).toBe(before);
  });

  it('works from a folder below the top of the work tree', async () => {
    const { repo, resume } = await interrupt(makeRepository(), items, ['e']);
    const cwd = join(repo.path, 'deep', 'down');
    mkdirSync(cwd, { recursive: true });
    expect((await resume([], { cwd })).code).toBe(0);
    expect(landed(repo)).toEqual(NAMES);
    expect((await statusOf(repo)).status).toBe('ended');
  });

  it('refuses a run that is not known, and says so where there is none', async () => {
    const repo = create();
    const unknown = await runCli(['resume', '20200101-000000-0000', '--json'], { cwd: repo.path });
    expect(problemsOf(unknown)).toMatchObject([{ code: 'no-runs' }]);
    const none = await runCli(['resume', '--json'], { cwd: repo.path });
    expect(problemsOf(none)).toMatchObject([{ code: 'nothing-to-resume' }]);
    const status = await runCli(['status', '--json'], { cwd: repo.path });
    expect(problemsOf(status)).toMatchObject([{ code: 'no-runs' }]);
  });
});
